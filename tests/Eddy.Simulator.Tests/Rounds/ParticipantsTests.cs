using Eddy.Simulator.Rounds;

namespace Eddy.Simulator.Tests.Rounds;

public sealed class ParticipantsTests
{
    [Theory]
    [InlineData("all", 30)]
    [InlineData("random:0.5", 15)]
    [InlineData("capacity:0.1", 3)]
    public void A_share_of_the_nodes_is_drawn_from_the_seed(string text, int count)
    {
        var graph = RoundNetworkTests.RandomGraph(1);

        var chosen = Participants.Parse(text).Choose(graph, 5);

        Assert.Equal(count, chosen.Count);
        Assert.Equal(chosen.Order(), Participants.Parse(text).Choose(graph, 5).Order());
    }

    [Fact]
    public void By_capacity_the_large_come_first_more_often()
    {
        var graph = RoundNetworkTests.RandomGraph(2);
        var capacity = new long[graph.Nodes.Length];
        foreach (var channel in graph.Channels)
        {
            capacity[channel.First] += channel.CapacitySat;
            capacity[channel.Second] += channel.CapacitySat;
        }

        var drawn = Enumerable.Range(0, 200).SelectMany(seed => Participants.Parse("capacity:0.1").Choose(graph, (ulong)seed)).Average(node => capacity[node]);

        Assert.True(drawn > capacity.Average() * 1.1);
    }

    [Theory]
    [InlineData("random:0", "'0' is not a share of the nodes")]
    [InlineData("capacity:1.5", "'1.5' is not a share of the nodes")]
    [InlineData("nobody.txt", "'nobody.txt' is neither all, random:SHARE, capacity:SHARE nor a file")]
    public void What_cannot_be_read_is_said_so(string text, string holds) =>
        Assert.StartsWith(holds, Assert.Throws<GraphFileException>(() => Participants.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_graph_of_named_nodes_has_the_channels_among_them_and_their_balances()
    {
        var graph = RoundNetworkTests.RandomGraph(3);
        var named = new Participants.Named([graph.Nodes[4].Id, graph.Nodes[9].Id, graph.Nodes[2].Id]).Choose(graph, 0);

        var part = graph.Among(named);

        Assert.Equal([graph.Nodes[2], graph.Nodes[4], graph.Nodes[9]], part.Nodes);
        Assert.All(part.Channels, channel =>
        {
            var whole = graph.Channels.Single(other => other.Id == channel.Id);
            Assert.Equal(graph.Nodes[whole.First], part.Nodes[channel.First]);
            Assert.Equal(whole.FirstLocalSat, channel.FirstLocalSat);
        });
        Assert.Equal(graph.Channels.Count(channel => named.Contains(channel.First) && named.Contains(channel.Second)), part.Channels.Length);
    }
}
