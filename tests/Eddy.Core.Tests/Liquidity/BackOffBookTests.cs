using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

public sealed class BackOffBookTests
{
    private static readonly PlannerOptions Options = new() { FirstBackOff = TimeSpan.FromSeconds(100), LongestBackOff = TimeSpan.FromSeconds(1000) };
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private static readonly Hop Hop = new(Nodes.Number(1), Nodes.Number(2));

    [Fact]
    public void A_hop_that_failed_is_left_alone_one_way_for_a_while()
    {
        var book = BackOffBook.Empty.HopFailed(Hop, Start, Options, new(1));

        Assert.True(book.IsBlocked(Hop.From, Hop.To, Start.AddSeconds(74)));
        Assert.False(book.IsBlocked(Hop.From, Hop.To, Start.AddSeconds(126)));
        Assert.False(book.IsBlocked(Hop.To, Hop.From, Start));
        Assert.False(book.IsBlocked(Hop.From, Nodes.Number(3), Start));
    }

    [Fact]
    public void Each_failure_doubles_the_time_up_to_the_longest() => Property.Holds(50, random =>
    {
        var book = BackOffBook.Empty;
        for (var failure = 0; failure < 30; failure++)
        {
            var length = Math.Min(100 * Math.Pow(2, failure), 1000);
            book = book.NodeFailed(Hop.From, Start, Options, random);
            var until = book.NodeUntil(Hop.From, Start);

            Assert.NotNull(until);
            Assert.InRange((until.Value - Start).TotalSeconds, length * 0.75, length * 1.25);
        }
    });

    [Fact]
    public void A_node_that_failed_blocks_all_its_hops()
    {
        var book = BackOffBook.Empty.NodeFailed(Hop.From, Start, Options, new(1));

        Assert.True(book.IsBlocked(Hop.From, Nodes.Number(9), Start));
        Assert.True(book.IsBlocked(Nodes.Number(9), Hop.From, Start));
        Assert.Null(book.NodeUntil(Nodes.Number(9), Start));
    }

    [Fact]
    public void A_settled_ring_clears_its_hops_and_nodes()
    {
        var book = BackOffBook.Empty
            .HopFailed(Hop, Start, Options, new(1))
            .HopFailed(new(Nodes.Number(3), Nodes.Number(1)), Start, Options, new(1))
            .HopFailed(new(Nodes.Number(1), Nodes.Number(3)), Start, Options, new(1))
            .NodeFailed(Nodes.Number(3), Start, Options, new(1))
            .Settled([Nodes.Number(1), Nodes.Number(2), Nodes.Number(3)]);

        Assert.Equal(1, book.Count);
        Assert.True(book.IsBlocked(Nodes.Number(1), Nodes.Number(3), Start));
    }

    [Fact]
    public void Old_failures_are_forgotten()
    {
        var book = BackOffBook.Empty.HopFailed(Hop, Start, Options, new(1)).NodeFailed(Hop.To, Start, Options, new(1));

        Assert.Equal(2, book.Prune(Start.AddSeconds(1000), Options).Count);
        Assert.Equal(0, book.Prune(Start.AddSeconds(1126), Options).Count);
    }

    [Fact]
    public void The_book_is_bounded_and_lets_go_what_ends_first()
    {
        var book = BackOffBook.Empty;
        for (var node = 0; node <= BackOffBook.MaxEntries; node++)
        {
            book = book.NodeFailed(Nodes.Number(node), Start.AddSeconds(node * 100), Options, new(1));
        }

        Assert.Equal(BackOffBook.MaxEntries, book.Count);
        Assert.Null(book.NodeUntil(Nodes.Number(0), Start));
        Assert.NotNull(book.NodeUntil(Nodes.Number(1), Start));
    }
}
