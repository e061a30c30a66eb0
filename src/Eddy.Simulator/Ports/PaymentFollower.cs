using Eddy.Engine.Ports;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>Sends one payment and follows it to its end through restarts of LND. Answers exactly once.</summary>
internal sealed class PaymentFollower(SimulatedNode node, PaymentHash hash, PortTimings timings, Action<CommandOutcome> done)
{
    private DateTimeOffset? _missingSince;
    private Subscription? _tracking;
    private bool _isSendLost;
    private bool _isDone;

    public void Send(Route route)
    {
        _isSendLost = true;
        node.Payments.SendToRoute(new() { Hash = hash, Route = route }, OnReturned);
    }

    /// <summary>Follows a payment that was sent before.</summary>
    public void Track() => Follow();

    /// <summary>The call to send got no answer: it may have been carried out or not.</summary>
    public void FollowLostSend()
    {
        _isSendLost = true;
        Follow();
    }

    /// <summary>The adapter ends; nobody waits for the answer any more.</summary>
    public void Abandon()
    {
        _isDone = true;
        _tracking?.Dispose();
    }

    private void OnReturned(RpcResult<HtlcAttempt> result)
    {
        if (_isDone)
        {
            return;
        }

        if (result.IsOk && node.Payments.Find(hash)?.ToOutcome() is { } outcome)
        {
            Finish(outcome);
            return;
        }

        // A refusal leaves no record. With one (sent before, or LND went down meanwhile) the record tells the end.
        if (result.Error is { } error && node.IsRunning && node.Payments.Find(hash) is null)
        {
            Finish(new CommandOutcome.Refused(error.Message));
            return;
        }

        Follow();
    }

    private void Follow()
    {
        if (_isDone)
        {
            return;
        }

        if (!node.IsRunning)
        {
            Retry();
            return;
        }

        if (node.Payments.Track(hash, OnChanged).TryGet(out var tracking, out var error))
        {
            _missingSince = null;
            _tracking = tracking;
            if (!_isDone)
            {
                // LND ends the stream when it stops, without a word about the payment.
                Retry();
            }

            return;
        }

        if (!_isSendLost)
        {
            Finish(new CommandOutcome.NotFound(error.Message));
            return;
        }

        _missingSince ??= node.Network.Now;
        if (node.Network.Now - _missingSince >= timings.NoRecordPeriod)
        {
            Finish(new CommandOutcome.Refused("The call to send was lost, and LND has no record of the payment."));
            return;
        }

        Retry();
    }

    private void OnChanged(Payment payment)
    {
        if (!_isDone && payment.ToOutcome() is { } outcome)
        {
            Finish(outcome);
        }
    }

    private void Retry() => node.Network.Timeline.Schedule(
        timings.Reconnect,
        () =>
        {
            _tracking?.Dispose();
            Follow();
        },
        isBackground: true);

    private void Finish(CommandOutcome outcome)
    {
        _isDone = true;
        _tracking?.Dispose();
        done(outcome);
    }
}
