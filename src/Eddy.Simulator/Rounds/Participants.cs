using System.Globalization;
using Eddy.Lightning;

namespace Eddy.Simulator.Rounds;

/// <summary>Who of a graph runs eddy.</summary>
public abstract record Participants
{
    private Participants()
    {
    }

    /// <summary>The indices of those who take part.</summary>
    /// <exception cref="UnknownNodeException">Somebody named is not in the graph.</exception>
    public abstract IReadOnlySet<int> Choose(ChannelGraph graph, ulong seed);

    /// <summary>Reads <c>all</c>, <c>random:F</c>, <c>capacity:F</c> or the name of a file with a public key on each line.</summary>
    /// <exception cref="GraphFileException">A share out of range, or a file of no use.</exception>
    public static Participants Parse(string text)
    {
        if (text == "all")
        {
            return new All();
        }

        if (text.Split(':') is ["random" or "capacity", var share] parts)
        {
            return double.TryParse(share, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 1
                ? parts[0] == "random" ? new AtRandom(number) : new ByCapacity(number)
                : throw new GraphFileException($"'{share}' is not a share of the nodes: more than 0, and 1 at most");
        }

        return new Named([.. ReadKeys(text)]);
    }

    private static IEnumerable<NodeId> ReadKeys(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new GraphFileException($"'{path}' is neither all, random:SHARE, capacity:SHARE nor a file that can be read: {exception.Message}", exception);
        }

        for (var number = 1; number <= lines.Length; number++)
        {
            var line = lines[number - 1].Trim();
            if (line.Length > 0 && !line.StartsWith('#'))
            {
                yield return NodeId.TryParse(line, out var id)
                    ? id
                    : throw new GraphFileException($"{path}, line {number}: '{(line.Length > 70 ? line[..70] + "..." : line)}' is not a node's public key");
            }
        }
    }

    /// <summary>Everybody.</summary>
    public sealed record All : Participants
    {
        public override IReadOnlySet<int> Choose(ChannelGraph graph, ulong seed) => Enumerable.Range(0, graph.Nodes.Length).ToHashSet();
    }

    /// <summary>A share of the nodes, each as likely as any other.</summary>
    public sealed record AtRandom(double Share) : Participants
    {
        public override IReadOnlySet<int> Choose(ChannelGraph graph, ulong seed) => Draw(graph, seed, Share, static _ => 1);
    }

    /// <summary>A share of the nodes, drawn one after the other, each as likely as its capacity is large.</summary>
    public sealed record ByCapacity(double Share) : Participants
    {
        public override IReadOnlySet<int> Choose(ChannelGraph graph, ulong seed)
        {
            var capacity = new double[graph.Nodes.Length];
            foreach (var channel in graph.Channels)
            {
                capacity[channel.First] += channel.CapacitySat;
                capacity[channel.Second] += channel.CapacitySat;
            }

            return Draw(graph, seed, Share, node => capacity[node]);
        }
    }

    /// <summary>Those named.</summary>
    public sealed record Named(IReadOnlyList<NodeId> Nodes) : Participants
    {
        public override IReadOnlySet<int> Choose(ChannelGraph graph, ulong seed) => Nodes
            .Select(id => graph.IndexOf(id) is >= 0 and var index ? index : throw new UnknownNodeException(id))
            .ToHashSet();
    }

    private static HashSet<int> Draw(ChannelGraph graph, ulong seed, double share, Func<int, double> weight)
    {
        // The first of exponential clocks that run as fast as the weights: drawing one after the other without putting back.
        var random = new SeededRandom(seed).Fork("participants");
        return
        [
            .. Enumerable.Range(0, graph.Nodes.Length)
                .Select(node => (Node: node, Rings: -Math.Log(1 - random.NextDouble()) / weight(node)))
                .OrderBy(static entry => entry.Rings)
                .Take((int)Math.Ceiling(share * graph.Nodes.Length))
                .Select(static entry => entry.Node),
        ];
    }
}

/// <summary>A node that was named is not in the graph, or has no active channel there.</summary>
public sealed class UnknownNodeException : Exception
{
    public UnknownNodeException()
    {
    }

    public UnknownNodeException(string message)
        : base(message)
    {
    }

    public UnknownNodeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public UnknownNodeException(NodeId id)
        : base($"{id} has no active channel in this graph.")
    {
    }
}
