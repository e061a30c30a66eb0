using Eddy.Lightning;
using Eddy.Lnd.Channels;
using Eddy.Protos.Lnrpc;

namespace Eddy.Lnd.Tests;

public sealed class BandwidthTests
{
    [Fact]
    public void The_opener_keeps_reserve_and_twice_the_fee_of_a_larger_commitment()
    {
        // 2,400,000 + 2,810 - 50,000 - floor(2 x 2500 x 1468 / 1000), less 1,000 sat of margin.
        Assert.Equal(MilliSatoshi.FromSatoshi(2_345_470 - 1_000), Bandwidth.Spendable(Channel()));
    }

    [Fact]
    public void The_other_end_keeps_its_reserve_only()
    {
        Assert.Equal(MilliSatoshi.FromSatoshi(2_550_000 - 1_000), Bandwidth.Receivable(Channel()));

        var mirrored = Channel();
        (mirrored.LocalBalance, mirrored.RemoteBalance, mirrored.Initiator) = (mirrored.RemoteBalance, mirrored.LocalBalance, false);
        Assert.Equal(MilliSatoshi.FromSatoshi(2_550_000 - 1_000), Bandwidth.Spendable(mirrored));
        Assert.Equal(MilliSatoshi.FromSatoshi(2_345_470 - 1_000), Bandwidth.Receivable(mirrored));
    }

    [Fact]
    public void Nothing_can_be_sent_from_below_the_reserve()
    {
        var channel = Channel();
        channel.LocalBalance = 49_000;

        Assert.Equal(MilliSatoshi.Zero, Bandwidth.Spendable(channel));
    }

    [Fact]
    public void An_opener_that_cannot_pay_for_another_output_blocks_both_ways()
    {
        var channel = Channel();
        channel.LocalBalance = 50_000;
        channel.RemoteBalance = 4_900_000;

        Assert.Equal(MilliSatoshi.Zero, Bandwidth.Receivable(channel));
    }

    [Fact]
    public void What_is_in_flight_counts_against_the_limits_of_its_sender()
    {
        var channel = Channel();
        channel.LocalConstraints.MaxPendingAmtMsat = 1_000_000_000;
        channel.PendingHtlcs.Add(new HTLC { Incoming = false, Amount = 400_000 });
        channel.PendingHtlcs.Add(new HTLC { Incoming = true, Amount = 900_000 });

        Assert.Equal(MilliSatoshi.FromSatoshi(599_999), Bandwidth.Spendable(channel));

        channel.LocalConstraints.MaxAcceptedHtlcs = 1;
        Assert.Equal(MilliSatoshi.Zero, Bandwidth.Spendable(channel));
    }

    [Fact]
    public void Absurd_limits_of_a_peer_do_not_overflow()
    {
        var channel = Channel();
        channel.LocalConstraints.MaxPendingAmtMsat = ulong.MaxValue;
        channel.RemoteConstraints.ChanReserveSat = ulong.MaxValue;

        Assert.Equal(MilliSatoshi.FromSatoshi(2_345_470 - 1_000), Bandwidth.Spendable(channel));
        Assert.Equal(MilliSatoshi.Zero, Bandwidth.Receivable(channel));
    }

    [Fact]
    public void A_policy_beyond_all_reason_counts_as_unknown()
    {
        Assert.Null(ChannelReading.Read(new Protos.Lnrpc.RoutingPolicy { FeeRateMilliMsat = long.MaxValue }));
        Assert.Null(ChannelReading.Read((Protos.Lnrpc.RoutingPolicy?)null));

        var policy = ChannelReading.Read(new Protos.Lnrpc.RoutingPolicy { FeeBaseMsat = 1, MaxHtlcMsat = ulong.MaxValue, InboundFeeRateMilliMsat = -5 });
        Assert.Equal(new MilliSatoshi(long.MaxValue), policy!.MaxHtlcMsat);
        Assert.Equal(-5, policy.InboundFeeRatePpm);
    }

    [Fact]
    public void A_channel_of_more_than_there_is_is_no_channel_and_no_overflow()
    {
        Action<Protos.Lnrpc.Channel>[] lies =
        [
            static channel => channel.Capacity = long.MaxValue, static channel => channel.LocalBalance = long.MaxValue, static channel => channel.RemoteBalance = -1,
            static channel => channel.CommitFee = long.MaxValue, static channel => channel.FeePerKw = long.MaxValue,
            static channel => channel.FeePerKw = MilliSatoshi.MaxSupply.Satoshi,
            static channel => channel.PendingHtlcs.Add(new HTLC { Amount = long.MaxValue }),
            static channel => channel.PendingHtlcs.AddRange(Enumerable.Repeat(new HTLC { Amount = MilliSatoshi.MaxSupply.Satoshi }, 6)),
        ];
        foreach (var lie in lies)
        {
            var channel = Channel();
            channel.RemotePubkey = "02" + new string('1', 64);
            Assert.NotNull(ChannelReading.Read(channel, null));
            lie(channel);
            Assert.Null(ChannelReading.Read(channel, null));
        }
    }

    private static Protos.Lnrpc.Channel Channel() => new()
    {
        Capacity = 5_002_810,
        LocalBalance = 2_400_000,
        RemoteBalance = 2_600_000,
        CommitFee = 2_810,
        FeePerKw = 2_500,
        Initiator = true,
        CommitmentType = CommitmentType.Anchors,
        LocalConstraints = new() { ChanReserveSat = 50_000, MaxPendingAmtMsat = 5_000_000_000, MaxAcceptedHtlcs = 483 },
        RemoteConstraints = new() { ChanReserveSat = 50_000, MaxPendingAmtMsat = 5_000_000_000, MaxAcceptedHtlcs = 483 },
    };
}
