using Eddy.Engine.Ports;

namespace Eddy.Hosting;

/// <summary>Puts something between the engine and its ports. For other hosts of the same daemon; eddy's own puts nothing there.</summary>
internal sealed record PortDecoration
{
    public Func<IEddyStore, IEddyStore> Store { get; init; } = static store => store;

    public Func<IBindingStore, IBindingStore> Bindings { get; init; } = static bindings => bindings;

    public Func<ILightningNode, ILightningNode> Node { get; init; } = static node => node;

    public Func<IPeerMessenger, IPeerMessenger> Messenger { get; init; } = static messenger => messenger;
}
