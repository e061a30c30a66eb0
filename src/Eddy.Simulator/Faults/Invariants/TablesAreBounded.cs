namespace Eddy.Simulator.Faults;

/// <summary>What an engine holds in memory and in its store stays within bounds that do not depend on how long it runs.</summary>
internal sealed class TablesAreBounded() : Invariant("tables-are-bounded", "Every queue, book and table of an engine stays within its bound.")
{
    // What a node of a simulation can need at most, with room: no bound here grows with time.
    private const int PerPeer = 16;
    private const int MostCommands = 96;
    private const int MostTimers = 128;
    private const int EndedRingsKept = 50;
    private const int MostOutbox = 40;
    private const int MostBindings = 64;
    private const int MostWaiting = 64;
    private const int MostMissing = 64;

    public override void OnEngineStep(FaultNode node)
    {
        if (!node.Daemon.IsRunning)
        {
            return;
        }

        var sizes = node.Daemon.Engine.Sizes;
        var peers = node.Daemon.Node.PeerLinks.Count;
        var open = node.Daemon.Options.Policy.MaxInFlight + node.Daemon.Options.Policy.MaxMemberInFlight + node.Late;
        Check(node, FaultTable.PendingCommands, sizes.PendingCommands, MostCommands + (PerPeer * peers));
        Check(node, FaultTable.Timers, sizes.Timers, MostTimers + (PerPeer * peers));
        Check(node, FaultTable.RingsUnderWay, sizes.RingsOpen, open);
        Check(node, FaultTable.RingsKept, sizes.RingsKept, EndedRingsKept + open);
        Check(node, FaultTable.Bindings, sizes.Bindings, MostBindings);
        Check(node, FaultTable.Peers, sizes.Peers, peers);
        Check(node, FaultTable.Adverts, sizes.Adverts, Run.Nodes.Count);
        Check(node, FaultTable.WaitingAdverts, sizes.WaitingAdverts, MostWaiting * peers);
        Check(node, FaultTable.MissingAdverts, sizes.MissingAdverts, MostMissing * Run.Nodes.Count);
        Check(node, FaultTable.OutboxEntries, node.Daemon.Store.Inner.OutboxCount, MostOutbox);
    }

    private void Check(FaultNode node, FaultTable table, int count, int bound)
    {
        Run.SizeSeen(table, count);
        if (count > bound)
        {
            Violate($"{node.Alias} holds {count} {table}, more than {bound}.");
        }
    }
}

/// <summary>What an engine holds.</summary>
public enum FaultTable
{
    Adverts = 0,
    Bindings = 1,
    OutboxEntries = 2,
    Peers = 3,
    PendingCommands = 4,
    RingsKept = 5,
    RingsUnderWay = 6,
    Timers = 7,
    WaitingAdverts = 8,
    MissingAdverts = 9,
}
