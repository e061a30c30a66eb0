using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Lnd.Channels;

/// <summary>From LND's channels to ours.</summary>
internal static class ChannelReading
{
    /// <summary>Null where LND shows something that is no channel (an unknown key, an amount that cannot exist): it is left out.</summary>
    public static Channel? Read(Protos.Lnrpc.Channel channel, ChannelPolicies? policies)
    {
        if (!NodeId.TryParse(channel.RemotePubkey, out var peer)
            || !IsAmount(channel.Capacity) || !IsAmount(channel.LocalBalance) || !IsAmount(channel.RemoteBalance) || !IsAmount(channel.CommitFee)
            || channel.FeePerKw is < 0 or > uint.MaxValue
            || !channel.PendingHtlcs.All(static htlc => IsAmount(htlc.Amount))
            || channel.PendingHtlcs.Sum(static htlc => (decimal)htlc.Amount) > MilliSatoshi.MaxSupply.Satoshi)
        {
            return null;
        }

        ImmutableArray<ShortChannelId> aliases = [.. channel.AliasScids.Select(alias => new ShortChannelId(alias))];
        return new Channel
        {
            Id = new(channel.ChanId),
            ChannelPoint = channel.ChannelPoint,
            Peer = peer,
            PeerAlias = channel.PeerAlias,
            Capacity = MilliSatoshi.FromSatoshi(channel.Capacity),
            Local = MilliSatoshi.FromSatoshi(channel.LocalBalance),
            Remote = MilliSatoshi.FromSatoshi(channel.RemoteBalance),
            Spendable = Bandwidth.Spendable(channel),
            Receivable = Bandwidth.Receivable(channel),
            IsActive = channel.Active,
            IsPrivate = channel.Private,
            IsInitiator = channel.Initiator,
            Aliases = aliases,
            ConfirmedId = channel.ZeroConfConfirmedScid == 0 ? null : new ShortChannelId(channel.ZeroConfConfirmedScid),

            // A private channel has aliases of ours only where both ends negotiated option_scid_alias; any of them works, the real id may not.
            NeedsAlias = channel.Private && !aliases.IsEmpty,
            Policy = policies?.Own,
            PeerPolicy = policies?.Peer,
            PendingHtlcs = [.. channel.PendingHtlcs.Select(Read)],
        };
    }

    public static RoutingPolicy? Read(Protos.Lnrpc.RoutingPolicy? policy)
    {
        // Fees and limits out of any bound would overflow what is computed from them: such a policy counts as unknown.
        if (policy is null
            || policy.FeeBaseMsat is < 0 or > uint.MaxValue
            || policy.FeeRateMilliMsat is < 0 or > uint.MaxValue
            || policy.MinHtlc < 0)
        {
            return null;
        }

        return new RoutingPolicy(
            policy.FeeBaseMsat,
            policy.FeeRateMilliMsat,
            policy.TimeLockDelta,
            new(policy.MinHtlc),
            new((long)Math.Min(policy.MaxHtlcMsat, long.MaxValue)),
            policy.InboundFeeBaseMsat,
            policy.InboundFeeRateMilliMsat,
            policy.Disabled);
    }

    private static bool IsAmount(long satoshi) => satoshi >= 0 && satoshi <= MilliSatoshi.MaxSupply.Satoshi;

    private static PendingHtlc Read(Protos.Lnrpc.HTLC htlc)
    {
        Bytes32.TryFrom(htlc.HashLock.Span, out var hash);
        return new(htlc.Incoming, MilliSatoshi.FromSatoshi(htlc.Amount), new(hash), htlc.ExpirationHeight, htlc.HtlcIndex);
    }
}

/// <summary>Both ends' terms on a channel, as GetChanInfo gave them.</summary>
internal sealed record ChannelPolicies(RoutingPolicy? Own, RoutingPolicy? Peer);
