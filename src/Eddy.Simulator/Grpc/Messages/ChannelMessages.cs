using Eddy.Lightning;
using Google.Protobuf;
using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>A node's channels as ListChannels and the channel events show them.</summary>
internal static class ChannelMessages
{
    private const string DefaultStatus = "ChanStatusDefault";

    public static Lnrpc.Channel ToChannel(this ChannelEnd end, bool withAlias = false)
    {
        var channel = end.Channel;
        var limits = ToConstraints(channel.Constraints);
        var age = (long)(channel.Network.Now - channel.OpenedAt).TotalSeconds;
        var message = new Lnrpc.Channel
        {
            Active = end.IsActive,
            RemotePubkey = end.Peer.Node.Id.ToString(),
            ChannelPoint = channel.ChannelPoint,
            ChanId = end.ChanId.Value,
            Capacity = channel.Capacity.Satoshi,
            LocalBalance = end.Local.Satoshi,
            RemoteBalance = end.Remote.Satoshi,
            CommitFee = channel.CommitFeeSat,
            CommitWeight = channel.CommitWeight,
            FeePerKw = channel.FeePerKw,
            UnsettledBalance = end.Unsettled.Satoshi,
            TotalSatoshisSent = end.TotalSent.Satoshi,
            TotalSatoshisReceived = end.TotalReceived.Satoshi,
            NumUpdates = end.Updates,
            Private = channel.IsPrivate,
            Initiator = end.IsInitiator,
            ChanStatusFlags = DefaultStatus,
            CommitmentType = (Lnrpc.CommitmentType)channel.CommitmentType,
            Lifetime = age,
            Uptime = age,
            PushAmountSat = (ulong)channel.Other.InitialGross.Satoshi,
            LocalConstraints = limits,
            RemoteConstraints = limits.Clone(),
            ZeroConf = channel.IsZeroConf,
            ZeroConfConfirmedScid = end.ConfirmedId?.Value ?? 0,
            PeerAlias = withAlias ? end.Peer.Node.Alias : "",
            PeerScidAlias = end.PeerAlias?.Value ?? 0,
        };
        message.AliasScids.AddRange(end.Aliases.Select(alias => alias.Value));
        message.PendingHtlcs.AddRange(end.Offered.Values.Select(htlc => ToHtlc(end, htlc)));
        message.PendingHtlcs.AddRange(end.Incoming.Values.Select(htlc => ToHtlc(end, htlc)));
#pragma warning disable CS0612 // deprecated, and still filled by LND
        message.CsvDelay = limits.CsvDelay;
        message.LocalChanReserveSat = message.RemoteChanReserveSat = channel.Constraints.Reserve.Satoshi;
        message.StaticRemoteKey = channel.CommitmentType == CommitmentType.StaticRemoteKey;
#pragma warning restore CS0612
        return message;
    }

    public static Lnrpc.ChannelPoint ToChannelPoint(this SimulatedChannel channel) =>
        new() { FundingTxidBytes = channel.FundingTxid.ToByteString(), OutputIndex = 0 };

    /// <summary>An outpoint in either of its forms as <c>txid:vout</c>; null where it is none.</summary>
    public static string? ToText(this Lnrpc.ChannelPoint point)
    {
        var txid = point.FundingTxidCase switch
        {
            Lnrpc.ChannelPoint.FundingTxidOneofCase.FundingTxidBytes => Convert.ToHexStringLower(Reverse(point.FundingTxidBytes)),
            Lnrpc.ChannelPoint.FundingTxidOneofCase.FundingTxidStr => point.FundingTxidStr,
            _ => "",
        };
        return txid.Length == 2 * Bytes32.Size ? $"{txid}:{point.OutputIndex}" : null;
    }

    public static Lnrpc.ChannelEventUpdate ToMessage(this ChannelEvent change)
    {
        var point = change.Channel.Channel.ToChannelPoint();
        return change switch
        {
            ChannelEvent.Opened => new() { Type = Lnrpc.ChannelEventUpdate.Types.UpdateType.OpenChannel, OpenChannel = change.Channel.ToChannel() },
            ChannelEvent.Closed => new() { Type = Lnrpc.ChannelEventUpdate.Types.UpdateType.ClosedChannel, ClosedChannel = change.Channel.ToCloseSummary() },
            ChannelEvent.Active => new() { Type = Lnrpc.ChannelEventUpdate.Types.UpdateType.ActiveChannel, ActiveChannel = point },
            ChannelEvent.Inactive => new() { Type = Lnrpc.ChannelEventUpdate.Types.UpdateType.InactiveChannel, InactiveChannel = point },
            ChannelEvent.FullyResolved => new() { Type = Lnrpc.ChannelEventUpdate.Types.UpdateType.FullyResolvedChannel, FullyResolvedChannel = point },
            ChannelEvent.Updated => new() { Type = Lnrpc.ChannelEventUpdate.Types.UpdateType.ChannelUpdate, UpdatedChannel = ToCommitUpdate(change.Channel) },
            _ => throw new InvalidOperationException($"{change.GetType().Name} is no channel event."),
        };
    }

    public static Lnrpc.ChannelCloseSummary ToCloseSummary(this ChannelEnd end)
    {
        var channel = end.Channel;
        var isOurs = channel.ClosedBy == end.Node;
        var summary = new Lnrpc.ChannelCloseSummary
        {
            ChannelPoint = channel.ChannelPoint,
            ChanId = end.ChanId.Value,
            ChainHash = Chain.Genesis(channel.Network.Options.Chain),
            RemotePubkey = end.Peer.Node.Id.ToString(),
            Capacity = channel.Capacity.Satoshi,
            CloseHeight = channel.ClosedHeight,
            SettledBalance = end.Local.Satoshi,
            TimeLockedBalance = isOurs ? end.Local.Satoshi : 0,
            CloseType = isOurs
                ? Lnrpc.ChannelCloseSummary.Types.ClosureType.LocalForceClose
                : Lnrpc.ChannelCloseSummary.Types.ClosureType.RemoteForceClose,
            OpenInitiator = end.IsInitiator ? Lnrpc.Initiator.Local : Lnrpc.Initiator.Remote,
            CloseInitiator = isOurs ? Lnrpc.Initiator.Local : Lnrpc.Initiator.Remote,
            ZeroConfConfirmedScid = end.ConfirmedId?.Value ?? 0,
        };
        summary.AliasScids.AddRange(end.Aliases.Select(alias => alias.Value));
        return summary;
    }

    // LND 0.21 says active here whatever the link does.
    private static Lnrpc.ChannelCommitUpdate ToCommitUpdate(ChannelEnd end)
    {
        var channel = end.ToChannel();
        channel.Active = true;
        return new() { Channel = channel };
    }

    private static Lnrpc.HTLC ToHtlc(ChannelEnd end, Htlc htlc) => new()
    {
        Incoming = htlc.Receiver == end,
        Amount = htlc.Amount.Satoshi,
        HashLock = htlc.Hash.Value.ToByteString(),
        ExpirationHeight = htlc.Expiry,
        HtlcIndex = htlc.Id,
        ForwardingChannel = htlc.OtherLeg(end)?.Channel.Value ?? 0,
        ForwardingHtlcIndex = htlc.OtherLeg(end)?.HtlcId ?? 0,
        LockedIn = end.Node.Version.HasStatusTexts && htlc.State != HtlcState.Sent,
    };

    private static Lnrpc.ChannelConstraints ToConstraints(ChannelConstraints limits) => new()
    {
        CsvDelay = limits.CsvDelay,
        ChanReserveSat = (ulong)limits.Reserve.Satoshi,
        DustLimitSat = (ulong)limits.DustLimit.Satoshi,
        MaxPendingAmtMsat = limits.MaxPending.ToUnsigned(),
        MinHtlcMsat = limits.MinHtlc.ToUnsigned(),
        MaxAcceptedHtlcs = (uint)limits.MaxAcceptedHtlcs,
    };

    private static byte[] Reverse(ByteString bytes)
    {
        var reversed = bytes.ToByteArray();
        Array.Reverse(reversed);
        return reversed;
    }
}
