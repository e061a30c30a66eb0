using Eddy.Gossip;

namespace Eddy.Core.Tests.Gossip;

public sealed class TokenBucketTests
{
    private static readonly TokenRate Rate = new(3, 0.5);
    private static readonly DateTimeOffset Start = GossipScene.Start;

    [Fact]
    public void A_bucket_gives_its_burst_and_then_what_flows_in()
    {
        TokenBucket bucket = default;

        Assert.Equal([true, true, true, false], Take(ref bucket, Start, Start, Start, Start));
        Assert.Equal([false, true, false, true], Take(ref bucket, Start.AddSeconds(1), Start.AddSeconds(2), Start.AddSeconds(3), Start.AddSeconds(4)));
    }

    [Fact]
    public void A_bucket_never_holds_more_than_its_burst()
    {
        TokenBucket bucket = default;
        Take(ref bucket, Start, Start);
        var later = Start.AddYears(1);

        Assert.True(bucket.IsFull(Rate, later));
        Assert.Equal([true, true, true, false], Take(ref bucket, later, later, later, later));
        Assert.False(bucket.IsFull(Rate, later));
    }

    [Fact]
    public void A_clock_set_back_neither_fills_nor_blocks()
    {
        TokenBucket bucket = default;
        var earlier = Start.AddDays(-1);

        Take(ref bucket, Start, Start, Start);
        Assert.Equal([false, false], Take(ref bucket, earlier, earlier));
        Assert.False(bucket.TryTake(Rate, earlier, 1, out _));
    }

    [Fact]
    public void What_is_not_there_is_not_taken_in_part()
    {
        TokenBucket bucket = default;

        Assert.False(bucket.TryTake(Rate, Start, 4, out var next));
        Assert.Equal(bucket, next);
        Assert.True(next.TryTake(Rate, Start, 3, out _));
    }

    private static bool[] Take(ref TokenBucket bucket, params DateTimeOffset[] times)
    {
        var taken = new bool[times.Length];
        for (var place = 0; place < times.Length; place++)
        {
            taken[place] = bucket.TryTake(Rate, times[place], 1, out bucket);
        }

        return taken;
    }
}
