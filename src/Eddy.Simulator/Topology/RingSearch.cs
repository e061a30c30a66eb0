namespace Eddy.Simulator;

/// <summary>Finds a ring of channels that are all full on the sender's side. A short one; not the finder under test.</summary>
internal static class RingSearch
{
    private const int MinLength = 3;

    /// <summary>Nodes in order, or null. Which one is found depends on the seed.</summary>
    public static List<int>? Find(GraphSnapshot snapshot, SeededRandom random, GraphTopologyOptions options)
    {
        var longest = Math.Min(options.MaxRingLength, options.Nodes ?? int.MaxValue);
        var starts = Enumerable.Range(0, snapshot.NodeCount).ToArray();
        random.Shuffle<int>(starts);
        foreach (var start in starts)
        {
            foreach (var second in Successors(snapshot, start, options.Imbalance))
            {
                if (FindWayBack(snapshot, start, second, longest, options.Imbalance) is { } ring)
                {
                    return ring;
                }
            }
        }

        return null;
    }

    /// <summary>Breadth first from the second node back to the first, over at least one node more.</summary>
    private static List<int>? FindWayBack(GraphSnapshot snapshot, int start, int second, int longest, double imbalance)
    {
        var cameFrom = new Dictionary<int, int> { [second] = start };
        var level = new List<int> { second };
        for (var length = 2; length < longest && level.Count > 0; length++)
        {
            var next = new List<int>();
            foreach (var node in level)
            {
                foreach (var successor in Successors(snapshot, node, imbalance))
                {
                    if (successor != start && cameFrom.TryAdd(successor, node))
                    {
                        next.Add(successor);
                    }
                }
            }

            foreach (var node in next)
            {
                if (length + 1 >= MinLength && Successors(snapshot, node, imbalance).Contains(start))
                {
                    return Unwind(cameFrom, start, node);
                }
            }

            level = next;
        }

        return null;
    }

    private static List<int> Unwind(Dictionary<int, int> cameFrom, int start, int last)
    {
        var ring = new List<int>();
        for (var node = last; node != start; node = cameFrom[node])
        {
            ring.Add(node);
        }

        ring.Add(start);
        ring.Reverse();
        return ring;
    }

    private static IEnumerable<int> Successors(GraphSnapshot snapshot, int node, double imbalance)
    {
        foreach (var channel in snapshot.ChannelsOf(node))
        {
            if (channel.Node1Sat is { } node1Sat)
            {
                var own = channel.Node1 == node ? node1Sat : channel.CapacitySat - node1Sat;
                if (own > channel.CapacitySat * (0.5 + imbalance))
                {
                    yield return channel.Other(node);
                }
            }
        }
    }
}
