using Eddy.Engine.Storage;

namespace Eddy.Simulator.Faults;

/// <summary>
/// Something that must hold after every step of every run, whatever goes wrong. It looks at what really happens in the simulated network,
/// and at what engines save and send; what they show of themselves is believed only at the end, to be compared with the truth.
/// </summary>
internal abstract class Invariant(string name, string says)
{
    /// <summary>In failures and documents, like <c>paid-once</c>.</summary>
    public string Name { get; } = name;

    /// <summary>One sentence.</summary>
    public string Says { get; } = says;

    protected FaultRun Run { get; private set; } = null!;

    /// <summary>All of them, new for each run, in the order in which they are looked at.</summary>
    public static Invariant[] CreateAll(FaultRun run)
    {
        Invariant[] all =
        [
            new MoneyIsConserved(),
            new NobodyPays(),
            new WaiverIsUsedOnce(),
            new WaiverNeedsAcceptance(),
            new WaiverCoversWhatCame(),
            new ReservationsEnd(),
            new HashIsPaidOnce(),
            new TablesAreBounded(),
            new EveryRingEnds(),
            new BooksAgree(),
            run.Standing,
        ];
        foreach (var invariant in all)
        {
            invariant.Run = run;
        }

        return all;
    }

    /// <summary>An HTLC was put on a channel.</summary>
    public virtual void OnAdded(Htlc htlc)
    {
    }

    /// <summary>It was settled, or failed.</summary>
    public virtual void OnRemoved(Htlc htlc, bool isSettled)
    {
    }

    /// <summary>LND took an answer that claims another incoming amount.</summary>
    public virtual void OnModified(FaultNode node, Htlc incoming, BelievedAmounts believed)
    {
    }

    /// <summary>A daemon saved a step.</summary>
    public virtual void OnCommitted(FaultNode node, StoreBatch batch)
    {
    }

    /// <summary>A daemon took a step.</summary>
    public virtual void OnEngineStep(FaultNode node)
    {
    }

    /// <summary>After every event of the timeline.</summary>
    public virtual void AfterStep()
    {
    }

    /// <summary>Faults have ended, and the time after them too.</summary>
    public virtual void AtEnd()
    {
    }

    protected void Violate(string what) => Run.Report(this, what);
}

/// <summary>What an engine may never do is throw: not for what peers, LND or clocks do to it.</summary>
internal sealed class NothingThrows() : Invariant("nothing-throws", "No peer, LND, clock or crash makes an engine throw.")
{
    public void OnThrown(Exception exception) => Violate(exception.ToString());
}
