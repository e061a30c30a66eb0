using System.Collections.Immutable;

namespace Eddy.Lightning;

/// <summary>A hand-made route as SendToRouteV2 takes it. Expiries are absolute heights.</summary>
public sealed record PaymentRoute(
    uint TotalTimeLock, MilliSatoshi TotalAmount, ReadOnlyMemory<byte> PaymentAddress, ImmutableArray<PaymentHop> Hops);

/// <summary>One hop: the channel it travels, the node it reaches, what that node forwards (or receives) and when that expires.</summary>
/// <param name="Record">Eddy's onion record for the node reached; empty for none.</param>
public sealed record PaymentHop(
    ShortChannelId Channel, NodeId Node, MilliSatoshi AmountToForward, uint Expiry, ReadOnlyMemory<byte> Record);
