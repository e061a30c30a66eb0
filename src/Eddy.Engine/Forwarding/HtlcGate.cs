using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Eddy.Engine.Ports;
using Eddy.Forwarding;

namespace Eddy.Engine.Forwarding;

/// <summary>
/// The verdict on what LND's interceptor offers, from what the engine last published. Judges in memory only; bindings go to the store on
/// the caller's binder thread, with a time limit, and what was bound is told to the engine. Before the engine has published anything it
/// waives nothing.
/// </summary>
public sealed class HtlcGate(IBindingStore bindings, IEngineInbox inbox, TimeProvider time) : IHtlcGate
{
    /// <summary>An HTLC may not wait longer for our disk.</summary>
    private static readonly TimeSpan BindTimeout = TimeSpan.FromSeconds(1);

    // Never contended but where a judge that was given up, with its stream, comes back beside the next stream's.
    private readonly Lock _judging = new();
    private readonly ConcurrentQueue<WaiverBinding> _free = new();
    private readonly VerdictStatistics _statistics = new();
    private Picture _picture = new(new WaiverBook([]), ForwardingView.Empty);
    private uint _prunedAt;

    public GateStatistics Statistics => _statistics.Read();

    /// <inheritdoc/>
    public HtlcVerdict Judge(in InterceptedHtlc htlc)
    {
        var startedAt = Stopwatch.GetTimestamp();
        HtlcVerdict verdict;
        lock (_judging)
        {
            var picture = Volatile.Read(ref _picture);
            if (picture.View.Height > _prunedAt)
            {
                _prunedAt = picture.View.Height;
                picture.Book.Prune(_prunedAt);
            }

            verdict = picture.Book.Judge(in htlc, picture.View, time.GetUtcNow());
        }

        if (verdict is { Action: HtlcAction.Resume, Binding: { } free })
        {
            _free.Enqueue(free);
        }

        _statistics.Count(verdict.Action, startedAt);
        return verdict;
    }

    /// <inheritdoc/>
    public bool TryBind(WaiverBinding binding)
    {
        ArgumentNullException.ThrowIfNull(binding);

        var isSaved = bindings.TrySave(binding, BindTimeout);
        _statistics.CountBinding(isSaved);
        if (isSaved)
        {
            inbox.Post(new NodeEvent.WaiverBound(binding));
        }

        return isSaved;
    }

    /// <summary>
    /// Rings' HTLCs that passed without a waiver, since our policies ask nothing for them: taken by the engine before its next step, and thus
    /// before it hears what became of them. Nothing hangs on their being saved but the ring's own story after a restart.
    /// </summary>
    internal bool TryTakeFree([NotNullWhen(true)] out WaiverBinding? binding)
    {
        if (!_free.TryDequeue(out binding))
        {
            return false;
        }

        _statistics.CountBinding(bindings.TrySave(binding, BindTimeout));
        return true;
    }

    /// <summary>Once, by a starting engine: from now on the keys that were used before are known, and waivers count.</summary>
    internal void Open(IEnumerable<WaiverBinding> used, ForwardingView view) =>
        Volatile.Write(ref _picture, new Picture(new WaiverBook(used), view));

    /// <summary>What holds from the next HTLC on.</summary>
    internal void Publish(ForwardingView view) => Volatile.Write(ref _picture, new Picture(_picture.Book, view));

    private sealed record Picture(WaiverBook Book, ForwardingView View);
}
