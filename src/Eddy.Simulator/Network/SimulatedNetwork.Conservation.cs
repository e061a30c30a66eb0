using Eddy.Lightning;

namespace Eddy.Simulator;

// The check that no msat appears or disappears.
public sealed partial class SimulatedNetwork
{
    /// <summary>
    /// Checks, for every channel, that balances, HTLCs and the opener's costs add up to the capacity, that what LND shows agrees with the
    /// ledger, and that no balance is negative; and over all nodes, that nobody's gain is nobody's loss. Callable between any two events.
    /// </summary>
    /// <exception cref="InvalidOperationException">Something does not add up; the message says where.</exception>
    public void AssertConserved()
    {
        long capacity = 0;
        foreach (var channel in _channels)
        {
            Check(channel);
            capacity += channel.Capacity.Value;
        }

        long wealth = 0;
        foreach (var channel in _channels)
        {
            wealth += channel.Opener.Gross.Value + channel.Opener.OfferedSum.Value;
            wealth += channel.Other.Gross.Value + channel.Other.OfferedSum.Value;
        }

        Require(wealth == capacity, $"all nodes together hold {wealth} msat in channels of {capacity} msat");
        foreach (var node in _nodes)
        {
            CheckTotals(node);
        }
    }

    private static void Check(SimulatedChannel channel)
    {
        var (opener, other) = (channel.Opener, channel.Other);
        foreach (var end in new[] { opener, other })
        {
            var offered = MilliSatoshi.Zero;
            foreach (var htlc in end.Offered.Values)
            {
                offered += htlc.Amount;
            }

            Require(offered == end.OfferedSum, $"{end} has offered {offered}, and books {end.OfferedSum}");
            Require(end.Local >= MilliSatoshi.Zero, $"{end} has the balance {end.Local}");
        }

        var sum = opener.Local + other.Local + opener.OfferedSum + other.OfferedSum + channel.OpenerCost;
        Require(sum == channel.Capacity, $"{channel} adds up to {sum} with a capacity of {channel.Capacity}");
        var gross = opener.Gross + other.Gross + opener.OfferedSum + other.OfferedSum;
        Require(gross == channel.Capacity, $"{channel} holds {gross} before fees with a capacity of {channel.Capacity}");
    }

    private static void CheckTotals(SimulatedNode node)
    {
        var before = MilliSatoshi.Zero;
        var moved = MilliSatoshi.Zero;
        foreach (var end in node.Channels)
        {
            before += end.InitialGross;
            moved += end.TotalReceived - end.TotalSent;
        }

        Require(before + moved == node.Wealth, $"{node} began with {before}, moved {moved} and has {node.Wealth}");
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"Money is not conserved: {otherwise}.");
        }
    }
}
