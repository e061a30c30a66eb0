using System.Diagnostics;
using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lnd.Access;
using Eddy.Lnd.Payments;
using Eddy.Lnd.Session;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Eddy.Lnd.Interception;

/// <summary>Keeps an interceptor stream open while there is a connection, and says whether it stands.</summary>
internal sealed partial class InterceptorLoop(
    IHtlcGate gate, InterceptorSwitch wanted, IInterceptorWatch? watch, DownstreamHub? downstream, EventPump events, CircuitMemory circuits, InterceptorStatistics statistics, LndTimings timings, ILogger logger)
{
    // LND frees the place some 30 ms after the last stream ended; more on a loaded machine.
    private static readonly TimeSpan OwnPlaceGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OwnPlaceRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StoodWell = TimeSpan.FromSeconds(10);

    private readonly Backoff _backoff = new(timings.MinBackoff, timings.MaxBackoff);
    private readonly ILogger _logger = logger;
    private (InterceptorState State, string Reason) _reported = (InterceptorState.Down, "");
    private long? _ownEnd;

    /// <summary>
    /// Runs until <paramref name="closing"/>, then answers what is queued and closes the stream. While it is not wanted LND's place is left to
    /// others.
    /// </summary>
    public async Task RunAsync(LndConnection connection, CancellationToken closing)
    {
        while (!closing.IsCancellationRequested)
        {
            if (!wanted.IsOn)
            {
                Report(InterceptorState.Down, "This node only looks on.");
            }

            await wanted.WhenOn.WaitAsync(closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(closing, wanted.WhileOn);
            await RunStreamsAsync(connection, ending.Token);
        }

        Report(InterceptorState.Down, "Not connected to LND.");
    }

    private async Task RunStreamsAsync(LndConnection connection, CancellationToken closing)
    {
        while (!closing.IsCancellationRequested)
        {
            var opened = Stopwatch.GetTimestamp();
            var pause = await RunOnceAsync(connection, closing);
            if (Stopwatch.GetElapsedTime(opened) > StoodWell)
            {
                _backoff.Reset();
            }

            await Task.Delay(pause, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<TimeSpan> RunOnceAsync(LndConnection connection, CancellationToken closing)
    {
        // Before LND can offer anything: whoever freezes in the next line is already watched.
        watch?.Opened();
        try
        {
            return await RunStreamAsync(connection, closing);
        }
        finally
        {
            watch?.Closed();
        }
    }

    private async Task<TimeSpan> RunStreamAsync(LndConnection connection, CancellationToken closing)
    {
        using var stream = new InterceptorStream(gate, watch, downstream, OnBound, statistics, timings, _logger);
        using var call = connection.Router.HtlcInterceptor(connection.Endless(stream.Aborted));
        var run = stream.RunAsync(call, closing);
        try
        {
            if (await StandsAsync(connection, stream, run, closing))
            {
                Report(InterceptorState.Up, "");
            }

            await run;
            _ownEnd = Stopwatch.GetTimestamp();
            return Down("LND closed the interceptor stream.");
        }
        catch (RpcException exception)
        {
            return Explain(connection, stream, exception, closing);
        }
    }

    // LND acknowledges nothing: a stream that was not refused for a while, and not while LND took a later call, is taken to stand.
    private async Task<bool> StandsAsync(LndConnection connection, InterceptorStream stream, Task run, CancellationToken closing)
    {
        while (!run.IsCompleted && !closing.IsCancellationRequested)
        {
            var settled = Task.WhenAll(Task.Delay(timings.InterceptorSettle, closing), connection.GetStateAsync(closing));
            await Task.WhenAny(run, stream.FirstOffer, settled);
            if (stream.FirstOffer.IsCompleted || settled.IsCompletedSuccessfully)
            {
                return !run.IsCompleted && !closing.IsCancellationRequested;
            }
        }

        return false;
    }

    private TimeSpan Explain(LndConnection connection, InterceptorStream stream, RpcException exception, CancellationToken closing)
    {
        var isTaken = LndErrors.IsInterceptorTaken(exception);
        var ownEnd = _ownEnd;
        if (!isTaken)
        {
            _ownEnd = Stopwatch.GetTimestamp();
        }

        if (closing.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }

        if (stream.IsJudgeStuck)
        {
            return Down("Judging HTLCs does not come back: a bug in eddy, please report it.");
        }

        if (!isTaken)
        {
            var problem = connection.Explain(exception, MacaroonRights.Interceptor);
            return problem.Kind == LndProblemKind.MissingRights
                ? Down(problem.ToString(), timings.InterceptorRetry)
                : Down(problem.Message);
        }

        if (ownEnd is { } end && Stopwatch.GetElapsedTime(end) < OwnPlaceGrace)
        {
            return OwnPlaceRetry;
        }

        Report(InterceptorState.Taken, "Another program holds LND's only interceptor place: no fees can be waived here until it lets go.");
        return timings.InterceptorRetry;
    }

    private void OnBound(WaiverBinding binding)
    {
        circuits.Remember(binding);
        events.PostConnected(new NodeEvent.WaiverBound(binding));
    }

    private TimeSpan Down(string reason, TimeSpan? pause = null)
    {
        Report(InterceptorState.Down, reason);
        return pause ?? _backoff.Next();
    }

    private void Report(InterceptorState state, string reason)
    {
        if (_reported == (state, reason))
        {
            return;
        }

        _reported = (state, reason);
        LogState(state, reason);
        events.PostConnected(new NodeEvent.InterceptorChanged(state, reason));
    }

    [LoggerMessage(LogLevel.Information, "Interceptor: {State}. {Reason}")]
    private partial void LogState(InterceptorState state, string reason);
}
