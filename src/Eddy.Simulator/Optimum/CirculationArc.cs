namespace Eddy.Simulator.Optimum;

/// <summary>What may flow from one node to another.</summary>
/// <param name="From">Index of the sender.</param>
/// <param name="To">Index of the receiver.</param>
/// <param name="Capacity">The most that may flow, in sat; 0 or more.</param>
/// <param name="Worth">What one sat over it counts: 1 where it is wanted, 0 where it is only harmless.</param>
public readonly record struct CirculationArc(int From, int To, long Capacity, int Worth = 1);
