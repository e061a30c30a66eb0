using System.Collections.Immutable;

namespace Eddy.Simulator.Optimum;

/// <summary>One channel as the optimum sees it.</summary>
/// <param name="First">Index of one end.</param>
/// <param name="Second">Index of the other.</param>
/// <param name="Capacity">In sat.</param>
/// <param name="FirstLocal">What stands on the first end's side, in sat.</param>
public readonly record struct BalancedChannel(int First, int Second, long Capacity, long FirstLocal);

/// <summary>What channels want moved, as arcs: a channel outside its band wants what lies between its balance and half of its capacity.</summary>
public static class DemandArcs
{
    /// <summary>Signed demand of one channel, first to second, in sat: what would have to move to reach the target; 0 inside the band.</summary>
    /// <param name="deadband">Half the width of the band, as a share of the capacity.</param>
    public static long Demand(in BalancedChannel channel, double deadband) =>
        Math.Abs(channel.FirstLocal - (channel.Capacity / 2.0)) > channel.Capacity * deadband ? channel.FirstLocal - (channel.Capacity / 2) : 0;

    /// <summary>One arc for each channel outside its band.</summary>
    public static ImmutableArray<CirculationArc> PerChannel(IEnumerable<BalancedChannel> channels, double deadband)
    {
        var arcs = ImmutableArray.CreateBuilder<CirculationArc>();
        foreach (var channel in channels)
        {
            Add(arcs, channel.First, channel.Second, Demand(channel, deadband));
        }

        return arcs.ToImmutable();
    }

    /// <summary>
    /// One arc for each pair of nodes: what its channels want together, one against the other. LND picks among parallel channels as it
    /// likes, so nothing can be moved in a circle over two of them.
    /// </summary>
    public static ImmutableArray<CirculationArc> PerPair(IEnumerable<BalancedChannel> channels, double deadband)
    {
        var demands = new SortedDictionary<(int, int), long>();
        foreach (var channel in channels)
        {
            var isTurned = channel.First > channel.Second;
            var pair = isTurned ? (channel.Second, channel.First) : (channel.First, channel.Second);
            var demand = Demand(channel, deadband);
            demands[pair] = demands.GetValueOrDefault(pair) + (isTurned ? -demand : demand);
        }

        var arcs = ImmutableArray.CreateBuilder<CirculationArc>();
        foreach (var ((first, second), demand) in demands)
        {
            Add(arcs, first, second, demand);
        }

        return arcs.ToImmutable();
    }

    private static void Add(ImmutableArray<CirculationArc>.Builder arcs, int first, int second, long demand)
    {
        if (demand != 0)
        {
            arcs.Add(demand > 0 ? new(first, second, demand) : new(second, first, -demand));
        }
    }
}
