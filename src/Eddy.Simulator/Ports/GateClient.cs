using Eddy.Engine.Ports;
using Eddy.Forwarding;

namespace Eddy.Simulator;

/// <summary>An engine's interceptor stream: asks the gate in order of arrival and answers a little later.</summary>
internal sealed class GateClient(
    SimulatedNode node, IHtlcGate gate, PortTimings timings, Action<WaiverBinding> onBound, Action<RpcError> onClosed) : IInterceptorClient
{
    private readonly List<Pending> _pending = [];
    private InterceptorSession? _session;

    /// <summary>Null when the stream stands; LND's error otherwise.</summary>
    public RpcError? Connect()
    {
        var result = node.Interceptor.Connect(this);
        if (!result.TryGet(out _session, out var error))
        {
            return error;
        }

        return null;
    }

    public void OnIntercepted(InterceptorSession session, InterceptRequest request)
    {
        var verdict = gate.Judge(request.ToIntercepted());
        switch (verdict.Action)
        {
            case HtlcAction.Silence:
                return;

            case HtlcAction.Waive when verdict is { Binding: { } binding, InAmount.Value: > 0 }:
                Later(timings.Answer + timings.Bind, () => AnswerWaiver(session, request, binding, (ulong)verdict.InAmount.Value));
                return;

            default:
                Later(timings.Answer, () => session.Answer(InterceptAnswer.Resume(request.Circuit)));
                return;
        }
    }

    public void OnClosed(InterceptorSession session, RpcError reason)
    {
        Forget();
        onClosed(reason);
    }

    /// <summary>Answers what is queued, then closes the stream.</summary>
    public void Drain()
    {
        foreach (var pending in _pending.ToArray())
        {
            pending.RunNow();
        }

        Kill();
    }

    /// <summary>The process dies: what is queued is never answered.</summary>
    public void Kill()
    {
        Forget();
        _session?.Close();
        _session = null;
    }

    private void AnswerWaiver(InterceptorSession session, InterceptRequest request, WaiverBinding binding, ulong inAmount)
    {
        if (session.IsClosed)
        {
            return;
        }

        if (gate.TryBind(binding))
        {
            onBound(binding);
            session.Answer(InterceptAnswer.ResumeModified(request.Circuit, inAmount));
        }
        else
        {
            session.Answer(InterceptAnswer.Resume(request.Circuit));
        }
    }

    private void Later(TimeSpan delay, Action answer)
    {
        var pending = new Pending(_pending, answer);
        _pending.Add(pending);
        pending.Event = node.Network.Timeline.Schedule(delay, pending.RunNow);
    }

    private void Forget()
    {
        foreach (var pending in _pending)
        {
            pending.Event?.Cancel();
        }

        _pending.Clear();
    }

    private sealed class Pending(List<Pending> owner, Action answer)
    {
        public ScheduledEvent? Event { get; set; }

        public void RunNow()
        {
            Event?.Cancel();
            owner.Remove(this);
            answer();
        }
    }
}
