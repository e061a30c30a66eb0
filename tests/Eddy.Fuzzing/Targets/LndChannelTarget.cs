using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Lnd.Channels;
using Google.Protobuf;

namespace Eddy.Fuzzing.Targets;

/// <summary>A channel as LND lists it, with policies of which the peer wrote one.</summary>
internal sealed class LndChannelTarget : FuzzTarget
{
    public override string Name => "lnd-channel";

    public override string What => "a channel and its policies as LND shows them: read or left out; no fee that cannot be computed";

    public override bool IsProtobuf => true;

    public override AllocationBound Bound => new(64_000, 128);

    public override IEnumerable<byte[]> Seeds()
    {
        var channel = new Protos.Lnrpc.Channel
        {
            Active = true,
            RemotePubkey = Samples.Honest.ToString(),
            ChannelPoint = "00:1",
            ChanId = 5,
            Capacity = 1_000_000,
            LocalBalance = 400_000,
            RemoteBalance = 590_000,
            CommitFee = 3_000,
            LocalConstraints = new() { ChanReserveSat = 10_000, MaxPendingAmtMsat = 990_000_000 },
            RemoteConstraints = new() { ChanReserveSat = 10_000, MaxPendingAmtMsat = 990_000_000 },
        };
        channel.AliasScids.Add(16_000_000UL << 40);
        channel.PendingHtlcs.Add(new Protos.Lnrpc.HTLC { Amount = 5_000, HashLock = ByteString.CopyFrom(new byte[32]), Incoming = true });
        var policy = new Protos.Lnrpc.RoutingPolicy { FeeBaseMsat = 1_000, FeeRateMilliMsat = 250, TimeLockDelta = 80, MinHtlc = 1_000, MaxHtlcMsat = 990_000_000, InboundFeeBaseMsat = -10 };
        yield return Samples.Steps((1, channel.ToByteArray()), (2, policy.ToByteArray()), (3, policy.ToByteArray()));
    }

    public override int Execute(byte[] input)
    {
        Protos.Lnrpc.Channel? channel = null;
        var policies = new RoutingPolicy?[2];
        foreach (var (number, _, bytes) in Mutation.ProtobufFields.ReadSteps(input).Take(3))
        {
            switch (number)
            {
                case 1:
                    channel = WireParser.TryParse(Protos.Lnrpc.Channel.Parser, bytes.Span, out _);
                    break;
                case 2 or 3:
                    policies[number - 2] = ChannelReading.Read(WireParser.TryParse(Protos.Lnrpc.RoutingPolicy.Parser, bytes.Span, out _));
                    break;
            }
        }

        if (policies is [{ } own, { } peer])
        {
            RoutingPolicy.ExpectedFee(peer, own, MilliSatoshi.MaxSupply);
            RoutingPolicy.ExpectedFee(own, peer, MilliSatoshi.FromSatoshi(1));
        }

        if (channel is null || ChannelReading.Read(channel, new(policies[0], policies[1])) is not { } read)
        {
            return 1;
        }

        Check.That(read.Spendable >= MilliSatoshi.Zero && read.Receivable >= MilliSatoshi.Zero, "Less than nothing to send.");
        return 2 + (read.NeedsAlias ? 1 : 0);
    }
}
