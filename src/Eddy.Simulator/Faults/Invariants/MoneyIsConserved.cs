namespace Eddy.Simulator.Faults;

/// <summary>The ledger of every channel adds up after every step in which something moved on it, and all of them now and then.</summary>
internal sealed class MoneyIsConserved() : Invariant("money-is-conserved", "No msat is made or lost: every channel adds up to its capacity.")
{
    private const int StepsBetweenFull = 256;

    private readonly HashSet<SimulatedChannel> _touched = [];
    private int _steps;

    public override void OnAdded(Htlc htlc) => _touched.Add(htlc.Offerer.Channel);

    public override void OnRemoved(Htlc htlc, bool isSettled) => _touched.Add(htlc.Offerer.Channel);

    public override void AfterStep()
    {
        if (_touched.Count > 0)
        {
            foreach (var channel in _touched)
            {
                Check(channel);
            }

            _touched.Clear();
        }

        if (++_steps % StepsBetweenFull == 0)
        {
            CheckAll();
        }
    }

    public override void AtEnd() => CheckAll();

    private void Check(SimulatedChannel channel)
    {
        var sum = channel.Opener.Gross + channel.Other.Gross + channel.Opener.OfferedSum + channel.Other.OfferedSum;
        if (sum != channel.Capacity)
        {
            Violate($"{channel} holds {sum} with a capacity of {channel.Capacity}.");
        }
    }

    private void CheckAll()
    {
        try
        {
            Run.Network.AssertConserved();
        }
        catch (InvalidOperationException exception)
        {
            Violate(exception.Message);
        }
    }
}
