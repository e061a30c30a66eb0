namespace Eddy.Simulator.Faults;

/// <summary>What an engine holds in memory and in its store stays within bounds that do not depend on how long it runs.</summary>
internal sealed class TablesAreBounded() : Invariant("tables-are-bounded", "Every queue, book and table of an engine stays within its bound.")
{
    // What a node of a simulation can need at most, with room: no bound here grows with time.
    private const int PerPeer = 16;
    private const int MostCommands = 160;
    private const int MostTimers = 320;
    private const int EndedRingsKept = 50;
    private const int MostOutbox = 96;
    private const int MostBindings = 200;
    private const int AdvertsPerNode = 2;

    public override void OnEngineStep(FaultNode node)
    {
        if (!node.Daemon.IsRunning)
        {
            return;
        }

        var sizes = node.Daemon.Engine.Sizes;
        var peers = node.Daemon.Node.PeerLinks.Count;
        var open = node.Daemon.Options.Policy.MaxInFlight + node.Daemon.Options.Policy.MaxMemberInFlight + node.Late;
        Check(node, "pending commands", sizes.PendingCommands, MostCommands + (PerPeer * peers));
        Check(node, "timers", sizes.Timers, MostTimers + (PerPeer * peers));
        Check(node, "rings under way", sizes.RingsOpen, open);
        Check(node, "rings kept", sizes.RingsKept, EndedRingsKept + open);
        Check(node, "bindings", sizes.Bindings, MostBindings);
        Check(node, "peers", sizes.Peers, peers);
        Check(node, "adverts", sizes.Adverts, AdvertsPerNode * Run.Nodes.Count);
        Check(node, "outbox entries", node.Daemon.Store.Inner.OutboxCount, MostOutbox);
    }

    private void Check(FaultNode node, string what, int count, int bound)
    {
        Run.SizeSeen(what, count);
        if (count > bound)
        {
            Violate($"{node.Alias} holds {count} {what}, more than {bound}.");
        }
    }
}
