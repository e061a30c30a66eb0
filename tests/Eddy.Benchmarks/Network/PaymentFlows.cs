namespace Eddy.Benchmarks.Network;

/// <summary>Days of flows cut into payments: median 30,000 sat, a long tail up to 5 million, at any time of their day.</summary>
internal static class PaymentFlows
{
    private const double Median = 30_000;
    private const double Sigma = 1.4;
    private const long Largest = 5_000_000;

    /// <summary>Time since the beginning of the first day, and what it moves from the first node of the channel to the second.</summary>
    public static List<(TimeSpan At, MovingChannel Channel, long Sat)> Cut(
        MovingGraph graph, IEnumerable<GraphFlow> flows, int firstDay, TimeSpan span, Random random)
    {
        var channels = graph.Channels.ToDictionary(static channel => channel.Id);
        var moves = new List<(TimeSpan, MovingChannel, long)>();
        foreach (var flow in flows)
        {
            if (flow.Day >= firstDay && TimeSpan.FromDays(flow.Day - firstDay) < span && channels.TryGetValue(flow.Channel, out var channel))
            {
                Cut(flow.Forth, 1);
                Cut(flow.Back, -1);

                void Cut(long left, int sign)
                {
                    while (left > 0)
                    {
                        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                        var amount = Math.Min(left, Math.Min(Largest, 1 + (long)(Median * Math.Exp(Sigma * normal))));
                        moves.Add((TimeSpan.FromDays(flow.Day - firstDay + random.NextDouble()), channel, sign * amount));
                        left -= amount;
                    }
                }
            }
        }

        moves.RemoveAll(move => move.Item1 >= span);
        moves.Sort(static (left, right) => (left.Item1, left.Item2.Id).CompareTo((right.Item1, right.Item2.Id)));
        return moves;
    }
}
