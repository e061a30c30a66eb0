using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>An HTLC offered to the interceptor: the fields of LND's <c>ForwardHtlcInterceptRequest</c>.</summary>
public sealed record InterceptRequest
{
    public required CircuitKey Circuit { get; init; }

    /// <summary>What the incoming HTLC really carries.</summary>
    public required MilliSatoshi IncomingAmount { get; init; }

    public required uint IncomingExpiry { get; init; }

    public required PaymentHash Hash { get; init; }

    /// <summary>The scid as the sender wrote it: may be an alias, may not exist.</summary>
    public required ShortChannelId OutgoingRequested { get; init; }

    /// <summary>From the sender's onion, unchecked.</summary>
    public required MilliSatoshi OutgoingAmount { get; init; }

    /// <summary>From the sender's onion, unchecked.</summary>
    public required uint OutgoingExpiry { get; init; }

    /// <summary>This hop's onion records of type 65536 and above.</summary>
    public required ImmutableSortedDictionary<ulong, ImmutableArray<byte>> CustomRecords { get; init; }

    /// <summary>The records of type 65536 and above on the wire message itself.</summary>
    public required ImmutableSortedDictionary<ulong, ImmutableArray<byte>> WireRecords { get; init; }

    public required int AutoFailHeight { get; init; }

    /// <summary>True for a delivery after a reconnect or restart. LND does not say so: not part of what its API shows.</summary>
    public bool IsReplay { get; init; }

    internal Onion? Onion { get; init; }

    internal int HopIndex { get; init; }

    /// <summary>1,366 bytes in the place of the next hop's onion: equal for equal onions, otherwise meaningless.</summary>
    public byte[] CreateOnionBlob() => Onion?.CreateBlob(HopIndex + 1) ?? [];
}
