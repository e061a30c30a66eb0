using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A channel update on its way to the other end.</summary>
internal abstract record LinkUpdate(Htlc Htlc)
{
    public sealed record Add(Htlc Htlc) : LinkUpdate(Htlc);

    public sealed record Settle(Htlc Htlc, Preimage Preimage) : LinkUpdate(Htlc);

    public sealed record Fail(Htlc Htlc, HtlcFailure Failure) : LinkUpdate(Htlc);
}

/// <summary>A decision about an incoming HTLC that waits for its link.</summary>
internal sealed record MailboxItem(ulong HtlcId, HtlcResolution Resolution, Action? Published)
{
    /// <summary>Tells the node's subscribers, once the link has taken it.</summary>
    public Action? Published { get; } = Published;

    /// <summary>Decided by the switch itself and kept in memory only: a restart forgets it and the link offers the HTLC again.</summary>
    public bool IsLost { get; init; }
}
