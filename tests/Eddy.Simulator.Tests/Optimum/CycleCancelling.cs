using Eddy.Simulator.Optimum;

namespace Eddy.Simulator.Tests.Optimum;

/// <summary>The plainest way to the same figure: push round any circle that is worth something, backwards too, until there is none.</summary>
internal static class CycleCancelling
{
    public static long BestWorth(int nodes, IReadOnlyList<CirculationArc> arcs)
    {
        var flow = new long[arcs.Count];
        while (FindCycle(nodes, arcs, flow) is { } cycle)
        {
            var room = cycle.Min(step => step.IsForward ? arcs[step.Arc].Capacity - flow[step.Arc] : flow[step.Arc]);
            foreach (var (arc, isForward) in cycle)
            {
                flow[arc] += isForward ? room : -room;
            }
        }

        return arcs.Select((arc, index) => flow[index] * arc.Worth).Sum();
    }

    /// <summary>Bellman and Ford over what is left; null where no circle gains.</summary>
    private static List<(int Arc, bool IsForward)>? FindCycle(int nodes, IReadOnlyList<CirculationArc> arcs, long[] flow)
    {
        var distance = new long[nodes];
        var reachedBy = new (int Arc, bool IsForward)?[nodes];
        var last = -1;
        for (var pass = 0; pass < nodes; pass++)
        {
            last = -1;
            for (var index = 0; index < arcs.Count; index++)
            {
                var arc = arcs[index];
                if (flow[index] < arc.Capacity && distance[arc.From] - arc.Worth < distance[arc.To])
                {
                    (distance[arc.To], reachedBy[arc.To], last) = (distance[arc.From] - arc.Worth, (index, true), arc.To);
                }

                if (flow[index] > 0 && distance[arc.To] + arc.Worth < distance[arc.From])
                {
                    (distance[arc.From], reachedBy[arc.From], last) = (distance[arc.To] + arc.Worth, (index, false), arc.From);
                }
            }
        }

        if (last < 0)
        {
            return null;
        }

        int Before(int node)
        {
            var (arc, isForward) = reachedBy[node]!.Value;
            return isForward ? arcs[arc].From : arcs[arc].To;
        }

        for (var step = 0; step < nodes; step++)
        {
            last = Before(last);
        }

        var cycle = new List<(int, bool)>();
        var at = last;
        do
        {
            cycle.Add(reachedBy[at]!.Value);
            at = Before(at);
        }
        while (at != last);
        return cycle;
    }
}
