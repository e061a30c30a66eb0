using Eddy.Lightning;

namespace Eddy.Core.Tests.Forwarding;

public sealed class WireAmountTests
{
    private const ulong Supply = 2_100_000_000_000_000_000;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(Supply, (long)Supply)]
    public void An_amount_that_can_exist_is_taken_as_it_is(ulong wire, long msat) =>
        Assert.Equal(new MilliSatoshi(msat), MilliSatoshi.FromWire(wire));

    [Theory]
    [InlineData(Supply + 1)]
    [InlineData((1ul << 63) - 1)]
    [InlineData(1ul << 63)]
    [InlineData((1ul << 63) + 1)]
    [InlineData(ulong.MaxValue)]
    public void An_amount_above_all_bitcoin_there_is_stands_out_of_range(ulong wire)
    {
        Assert.Equal(MilliSatoshi.OutOfRange, MilliSatoshi.FromWire(wire));
        Assert.True(MilliSatoshi.OutOfRange > MilliSatoshi.MaxSupply);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(Supply / 1000, (long)Supply)]
    public void Satoshis_are_taken_likewise(ulong wire, long msat) =>
        Assert.Equal(new MilliSatoshi(msat), MilliSatoshi.FromWireSatoshi(wire));

    [Theory]
    [InlineData((Supply / 1000) + 1)]
    [InlineData(18_446_744_073_709_552)]
    [InlineData(ulong.MaxValue)]
    public void Satoshis_above_all_there_are_stand_out_of_range_before_they_are_multiplied(ulong wire) =>
        Assert.Equal(MilliSatoshi.OutOfRange, MilliSatoshi.FromWireSatoshi(wire));

    [Fact]
    public void The_expected_fee_of_anything_is_a_number()
    {
        var worst = new RoutingPolicy(
            long.MaxValue, long.MaxValue, 80, MilliSatoshi.Zero, MilliSatoshi.Zero, int.MaxValue, int.MaxValue);
        var best = new RoutingPolicy(0, 0, 80, MilliSatoshi.Zero, MilliSatoshi.Zero, int.MinValue, int.MinValue);

        Assert.Equal(new MilliSatoshi(long.MaxValue), RoutingPolicy.ExpectedFee(worst, worst, new(long.MaxValue)));
        Assert.True(RoutingPolicy.ExpectedFee(best, best, new(long.MaxValue)) < MilliSatoshi.Zero);
    }
}
