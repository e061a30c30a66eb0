using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Rings;

/// <summary>
/// The initiator's part of a proposal, decoded. The payment runs through <see cref="Nodes"/> in order and from the last one back to the
/// first. A position counts along the ring from the initiator's 0.
/// </summary>
public sealed record RingOffer
{
    /// <summary>Shortest and longest ring that the protocol knows.</summary>
    public const int MinLength = 2;

    public const int MaxLength = 12;

    /// <summary>Bounds of <see cref="TtlSeconds"/>: a walk through slow peers fits below, liquidity stays reserved no longer than above.</summary>
    public const uint MinTtlSeconds = 5;

    public const uint MaxTtlSeconds = 600;

    /// <summary>SHA256 of the signed bytes: what the members' terms refer to.</summary>
    public required Bytes32 Digest { get; init; }

    /// <summary>Genesis block hash.</summary>
    public required Bytes32 Chain { get; init; }

    public required RingId Id { get; init; }

    /// <summary>In the direction of the payment, initiator first.</summary>
    public required ImmutableArray<NodeId> Nodes { get; init; }

    public required PaymentHash Hash { get; init; }

    /// <summary>SHA256 of the onion record of the node at position 1, 2, ...</summary>
    public required ImmutableArray<Bytes32> Commitments { get; init; }

    /// <summary>What the initiator would like to move: whole satoshis.</summary>
    public required MilliSatoshi Amount { get; init; }

    /// <summary>Below this the ring is not worth its while.</summary>
    public required MilliSatoshi MinAmount { get; init; }

    /// <summary>How long a member keeps liquidity and waiver, counted from the moment it accepts (clocks differ).</summary>
    public required uint TtlSeconds { get; init; }

    /// <summary>A member waives only an HTLC that expires at most this many blocks above its height.</summary>
    public required uint MaxLockBlocks { get; init; }

    public int Length => Nodes.Length;

    public NodeId Initiator => Nodes[0];

    /// <summary>The node at a position; positions go on round the ring, so that <see cref="Length"/> is the initiator again.</summary>
    public NodeId At(int position) => Nodes[position % Nodes.Length];
}
