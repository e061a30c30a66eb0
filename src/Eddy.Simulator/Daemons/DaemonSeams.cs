using Eddy.Engine.Ports;

namespace Eddy.Simulator;

/// <summary>
/// What may be put between a daemon's engine and its ports, from outside: to watch, to let a process die between two acts, to make a member
/// that cheats. Called anew at each start of the daemon.
/// </summary>
internal class DaemonSeams
{
    public virtual IEddyStore Around(IEddyStore store) => store;

    public virtual IBindingStore Around(IBindingStore bindings) => bindings;

    public virtual ILightningNode Around(ILightningNode node) => node;

    public virtual IPeerMessenger Around(IPeerMessenger messenger) => messenger;

    /// <summary>The gate as the adapter sees it.</summary>
    public virtual IHtlcGate Around(IHtlcGate gate) => gate;

    public virtual TimeProvider Around(TimeProvider clock) => clock;

    /// <summary>The process starts: it knows what its store holds, and nothing else.</summary>
    public virtual void OnStart()
    {
    }

    /// <summary>What comes in, before the engine takes it.</summary>
    public virtual void OnEvent(NodeEvent nodeEvent)
    {
    }
}
