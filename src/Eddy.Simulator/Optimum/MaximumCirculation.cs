using System.Collections.Immutable;

namespace Eddy.Simulator.Optimum;

/// <summary>
/// What somebody who knows every balance could move in circles at best: the measure for what daemons reach that know only what their
/// neighbours chose to say.
/// </summary>
/// <param name="Worth">Sum over the arcs of what flows times what it counts; with a worth of 1 everywhere the volume, in sat.</param>
/// <param name="Flows">What flows over each arc, in sat.</param>
public sealed record MaximumCirculation(long Worth, ImmutableArray<long> Flows)
{
    /// <param name="nodes">Nodes are 0 to <paramref name="nodes"/> - 1.</param>
    public static MaximumCirculation Find(int nodes, IReadOnlyList<CirculationArc> arcs)
    {
        var flows = new NetworkSimplex(nodes, arcs).Solve();
        var worth = 0L;
        for (var arc = 0; arc < flows.Length; arc++)
        {
            worth += flows[arc] * arcs[arc].Worth;
        }

        return new(worth, ImmutableArray.Create(flows));
    }
}
