using Eddy.Engine.Ports;
using Eddy.Forwarding;

namespace Eddy.Engine.Forwarding;

/// <summary>
/// The verdict on what LND's interceptor offers, from what the engine last published. Judges in memory only; bindings go to the store on
/// the caller's binder thread, with a time limit, and what was bound is told to the engine.
/// </summary>
public sealed class HtlcGate(IBindingStore bindings, IEngineInbox inbox) : IHtlcGate
{
    /// <summary>An HTLC may not wait longer for our disk.</summary>
    private static readonly TimeSpan BindTimeout = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public HtlcVerdict Judge(in InterceptedHtlc htlc) =>
        htlc.AutoFailHeight <= 0 || htlc.AutoFailHeight >= htlc.IncomingExpiry ? HtlcVerdict.Silence : HtlcVerdict.Resume;

    /// <inheritdoc/>
    public bool TryBind(WaiverBinding binding)
    {
        if (!bindings.TrySave(binding, BindTimeout))
        {
            return false;
        }

        inbox.Post(new NodeEvent.WaiverBound(binding));
        return true;
    }
}
