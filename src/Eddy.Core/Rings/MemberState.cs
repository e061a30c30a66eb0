using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>A member's half.</summary>
public abstract record MemberState : RingState
{
    private MemberState()
    {
    }

    /// <summary>Checks passed, liquidity reserved, waiver prepared; LND is signing our terms.</summary>
    public sealed record Signing : MemberState;

    /// <summary>The waiver is live and the proposal passed on.</summary>
    public sealed record Accepted(SignedBytes SignedTerms) : MemberState;

    /// <summary>The ring's HTLC was let through: only its own end ends this.</summary>
    /// <param name="Since">When it was bound.</param>
    /// <param name="LookupAt">When LND is asked for its fate, should nothing be heard.</param>
    /// <param name="IsOverdue">It stayed too long, and those who could be at fault are backed off.</param>
    /// <param name="IsDonePassed">The initiator's hint went on to the next hop.</param>
    public sealed record Bound(
        WaiverBinding Binding, DateTimeOffset Since, DateTimeOffset LookupAt, bool IsOverdue = false, bool IsDonePassed = false) : MemberState;

    public sealed record Settled(WaiverBinding Binding, bool IsDonePassed) : MemberState
    {
        public override RingOutcome Outcome => RingOutcome.Settled;
    }

    /// <summary>The HTLC failed, and with it nobody has paid anything.</summary>
    /// <param name="LocalCode">Set where our own LND failed it.</param>
    public sealed record Failed(WaiverBinding Binding, FailureCode? LocalCode, bool IsDonePassed) : MemberState
    {
        public override RingOutcome Outcome => RingOutcome.Failed;
    }

    /// <summary>No HTLC came in time.</summary>
    public sealed record Expired : MemberState
    {
        public override RingOutcome Outcome => RingOutcome.Expired;
    }

    /// <summary>Let go before any HTLC came. What is said of it is a hint: without an HTLC of our own nothing settled here.</summary>
    /// <param name="Cause">As the neighbour told it.</param>
    /// <param name="Position">Of the member that refused; null where the initiator ended it.</param>
    /// <param name="Reason">Why it refused.</param>
    public sealed record Released(RingOutcome Cause, int? Position = null, RejectReason? Reason = null) : MemberState
    {
        public override RingOutcome Outcome => Cause is RingOutcome.Unknown or RingOutcome.Settled ? RingOutcome.Cancelled : Cause;
    }
}
