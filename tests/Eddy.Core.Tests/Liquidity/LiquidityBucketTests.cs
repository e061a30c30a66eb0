using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

public sealed class LiquidityBucketTests
{
    [Theory]
    [InlineData(-5, 0, 0)]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(7, 7, 7)]
    [InlineData(8, 8, 8)]
    [InlineData(9, 8, 10)]
    [InlineData(15, 14, 16)]
    [InlineData(50_000, 49_152, 57_344)]
    [InlineData(1_000_000, 917_504, 1_048_576)]
    [InlineData(1_048_576, 1_048_576, 1_048_576)]
    public void An_amount_lies_between_its_buckets(long amount, long floor, long ceiling)
    {
        Assert.Equal(floor, LiquidityBucket.Floor(amount));
        Assert.Equal(ceiling, LiquidityBucket.Ceiling(amount));
    }

    [Fact]
    public void A_bucket_is_one_two_five_fifty_or_seventy_five_hundredths_of_a_power_of_two() => Property.Holds(1000, random =>
    {
        var amount = random.NextInt64(8, 1L << 50);
        var floor = LiquidityBucket.Floor(amount);
        var shift = System.Numerics.BitOperations.Log2((ulong)floor) - 2;

        Assert.InRange(floor >> shift, 4, 7);
        Assert.Equal(floor, floor >> shift << shift);
        Assert.InRange(amount, floor, floor + (1L << shift) - 1);
        Assert.Equal(floor, LiquidityBucket.Floor(floor));
        Assert.Equal(floor, LiquidityBucket.Ceiling(floor));
    });

    [Fact]
    public void What_is_announced_is_a_bucket_and_never_above_the_amount() => Property.Holds(500, random =>
    {
        var announced = 0L;
        var amount = random.NextInt64(1, 10_000_000);
        for (var step = 0; step < 50; step++)
        {
            amount = Math.Max(0, amount + random.NextInt64(-amount / 4, (amount / 4) + 2));
            announced = LiquidityBucket.Announce(announced, amount);

            Assert.InRange(announced, 0, amount);
            Assert.Equal(announced, LiquidityBucket.Floor(announced));
            Assert.True(announced >= LiquidityBucket.Floor(amount - (amount / 16)), $"{announced} lags behind {amount}");
        }
    });

    [Fact]
    public void An_amount_that_swings_round_a_bucket_is_announced_once()
    {
        var announced = LiquidityBucket.Announce(0, 1_050_000);
        var changes = 0;
        for (var swing = 0; swing < 20; swing++)
        {
            var next = LiquidityBucket.Announce(announced, swing % 2 == 0 ? 1_047_000 : 1_050_000);
            changes += next == announced ? 0 : 1;
            announced = next;
        }

        Assert.Equal(1, changes);
        Assert.Equal(917_504, announced);
        Assert.Equal(1_048_576, LiquidityBucket.Announce(announced, 1_120_000));
    }
}
