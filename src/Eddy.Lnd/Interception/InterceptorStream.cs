using System.Diagnostics;
using System.Threading.Channels;
using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Protos.Routerrpc;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using InterceptorCall = Grpc.Core.AsyncDuplexStreamingCall<
    Eddy.Protos.Routerrpc.ForwardHtlcInterceptResponse, Eddy.Protos.Routerrpc.ForwardHtlcInterceptRequest>;

namespace Eddy.Lnd.Interception;

/// <summary>
/// One interceptor stream, from its opening to its end. Four loops share it and nothing else: the reader only queues, since LND's
/// switch stands still while we do not read; the judge answers from memory; the binder waits for the disk, for waivers alone; the
/// writer sends. Their queues end with the stream, so that no answer can reach a later one.
/// </summary>
internal sealed partial class InterceptorStream : IDisposable
{
    private const int QueueCapacity = 4_096;
    private const int BinderCapacity = 256;
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(3);

    private readonly IHtlcGate _gate;
    private readonly IInterceptorWatch? _watch;
    private readonly DownstreamHub? _downstream;
    private readonly Action<ForwardHtlcInterceptResponse, long> _replyForOthers;
    private readonly Action<WaiverBinding> _onBound;
    private readonly InterceptorStatistics _statistics;
    private readonly LndTimings _timings;
    private readonly ILogger _logger;

    private readonly Channel<Offer> _offers = System.Threading.Channels.Channel.CreateBounded<Offer>(
        new BoundedChannelOptions(QueueCapacity) { SingleWriter = true });

    private readonly Channel<Waiver> _waivers = System.Threading.Channels.Channel.CreateBounded<Waiver>(
        new BoundedChannelOptions(BinderCapacity) { SingleReader = true, SingleWriter = true });

    // Bounded by what LND holds: at most one answer for each HTLC it has offered.
    private readonly Channel<Answer> _answers = System.Threading.Channels.Channel.CreateUnbounded<Answer>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abort = new();
    private Task _binding = Task.CompletedTask;
    private long _judgingSince;
    private int _unanswered;
    private volatile bool _draining;

    public InterceptorStream(
        IHtlcGate gate, IInterceptorWatch? watch, DownstreamHub? downstream, Action<WaiverBinding> onBound, InterceptorStatistics statistics, LndTimings timings, ILogger logger)
    {
        _gate = gate;
        _watch = watch;
        _downstream = downstream;
        _replyForOthers = Reply;
        _onBound = onBound;
        _statistics = statistics;
        _timings = timings;
        _logger = logger;
    }

    /// <summary>LND has offered something: the stream certainly stands.</summary>
    public Task FirstOffer => _first.Task;

    /// <summary>Token of the call: cancelled when the stream is given up.</summary>
    public CancellationToken Aborted => _abort.Token;

    /// <summary>The stream was given up because judging did not come back.</summary>
    public bool IsJudgeStuck { get; private set; }

    /// <summary>
    /// Runs until LND ends the stream (RpcException, or return) or <paramref name="closing"/> asks for its end: then everything offered
    /// is answered first, for LND resumes at the close what is not, and a replay released so late can be forwarded a second time.
    /// </summary>
    /// <exception cref="RpcException">How LND ended it.</exception>
    public async Task RunAsync(InterceptorCall call, CancellationToken closing)
    {
        _downstream?.Begin(_replyForOthers);
        var reader = Task.Run(() => ReadAsync(call), CancellationToken.None);
        Task[] helpers =
        [
            Task.Run(JudgeAsync, CancellationToken.None),
            Task.Run(BindAsync, CancellationToken.None),
            Task.Run(() => WriteAsync(call), CancellationToken.None),
            Task.Run(WatchJudgeAsync, CancellationToken.None),
        ];
        try
        {
            await using var registration = closing.UnsafeRegister(static state => ((InterceptorStream)state!).Drain(), this);
            await UntilEndOrFaultAsync([reader, _drained.Task, .. helpers], reader);
            if (!reader.IsCompleted)
            {
                await CloseAsync(call, reader);
                return;
            }

            await reader;
        }
        finally
        {
            _downstream?.End(_replyForOthers);
            await _abort.CancelAsync();

            // A stuck judge may never end; whatever it still says goes nowhere.
            await Task.WhenAll(helpers).WaitAsync(DrainLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _abort.Dispose();

    /// <summary>Until the reader or the draining ends. A helper that breaks would leave offers without an answer, and the reader would not notice.</summary>
    /// <exception cref="RpcException">A helper broke: the stream has to go, and LND resumes what it holds.</exception>
    private async Task UntilEndOrFaultAsync(List<Task> tasks, Task reader)
    {
        while (true)
        {
            var ended = await Task.WhenAny(tasks);
            if (ended == reader || ended == _drained.Task)
            {
                return;
            }

            if (ended.Exception is { } fault)
            {
                LogHelperBroke(fault);
                throw new RpcException(new Status(StatusCode.Internal, "what answers the interceptor's offers broke"));
            }

            tasks.Remove(ended);
        }
    }

    private async Task ReadAsync(InterceptorCall call)
    {
        using var beat = new ReadBeat(_watch);
        try
        {
            while (await beat.NextAsync(call.ResponseStream.MoveNext(_abort.Token)))
            {
                Take(call.ResponseStream.Current);
            }
        }
        finally
        {
            // What follows, the end of the helpers, may take its time: LND waits for nothing any more.
            _watch?.Closed();
        }
    }

    private void Take(ForwardHtlcInterceptRequest request)
    {
        var arrived = Stopwatch.GetTimestamp();
        _statistics.CountOffered();
        _first.TrySetResult();
        Interlocked.Increment(ref _unanswered);
        if (!_offers.Writer.TryWrite(new(request, arrived)))
        {
            // Whatever happens, the reader does not wait.
            IsFirst(request);
            _statistics.CountOverflowed();
            Resume(request, arrived);
        }
    }

    private async Task JudgeAsync()
    {
        try
        {
            while (await _offers.Reader.WaitToReadAsync(_abort.Token))
            {
                while (_offers.Reader.TryRead(out var offer))
                {
                    Judge(offer);
                }
            }
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
        }
    }

    private void Judge(Offer offer)
    {
        var request = offer.Request;
        var verdict = GetVerdict(request);
        var isFirst = IsFirst(request);
        switch (verdict.Action)
        {
            case HtlcAction.Silence:
                Forget(request);
                _statistics.CountSilenced();
                Answered();
                break;
            case HtlcAction.Waive when verdict is { Binding: { } binding, InAmount.Value: > 0 }:
                if (!_waivers.Writer.TryWrite(new(request, binding, verdict.InAmount, offer.Arrived)))
                {
                    _statistics.CountUnsaved();
                    Resume(request, offer.Arrived);
                }

                break;
            case HtlcAction.Resume when verdict.Binding is null && isFirst && _downstream!.Offer(request, offer.Arrived):
                // Nobody's ring and new: others decide, and answer in time.
                break;
            default:
                Resume(request, offer.Arrived);
                break;
        }
    }

    /// <summary>False also where nobody else is to be asked.</summary>
    private bool IsFirst(ForwardHtlcInterceptRequest request) => _downstream is { } downstream && request.IncomingCircuitKey is not null && downstream.Note(request);

    private void Forget(ForwardHtlcInterceptRequest request)
    {
        if (request.IncomingCircuitKey is { } key && _downstream?.Forget(key) == true)
        {
            Answered();
        }
    }

    private HtlcVerdict GetVerdict(ForwardHtlcInterceptRequest request)
    {
        if (OfferedHtlc.IsUnanswerable(request))
        {
            return HtlcVerdict.Silence;
        }

        if (!OfferedHtlc.TryRead(request, out var htlc))
        {
            return HtlcVerdict.Resume;
        }

        var started = Stopwatch.GetTimestamp();
        Volatile.Write(ref _judgingSince, started);
        try
        {
            return _gate.Judge(htlc);
        }
        catch (Exception exception)
        {
            // A bug of ours must not hold up other people's payments.
            _statistics.CountJudgeFailure();
            LogJudgeFailed(exception, htlc.Key);
            return HtlcVerdict.Resume;
        }
        finally
        {
            Volatile.Write(ref _judgingSince, 0);
            _statistics.JudgeTime.RecordSince(started);
        }
    }

    private void Resume(ForwardHtlcInterceptRequest request, long arrived)
    {
        if (OfferedHtlc.IsUnanswerable(request))
        {
            _statistics.CountSilenced();
            Answered();
            return;
        }

        _statistics.CountResumed();
        Reply(OfferedHtlc.Resume(request.IncomingCircuitKey), arrived);
    }

    private void Reply(ForwardHtlcInterceptResponse response, long arrived) => _answers.Writer.TryWrite(new(response, arrived));

    private async Task BindAsync()
    {
        try
        {
            await foreach (var waiver in _waivers.Reader.ReadAllAsync(_abort.Token))
            {
                if (await TryBindAsync(waiver))
                {
                    // Posted before the answer leaves: what the answer causes comes after it in the same queue.
                    _onBound(waiver.Binding);
                    _statistics.CountWaived();
                    Reply(OfferedHtlc.Waive(waiver.Request.IncomingCircuitKey, waiver.InAmount), waiver.Arrived);
                    LogWaived(waiver.Binding.Ring.ToShortString(), waiver.Binding.Key, waiver.Binding.WaivedFee.Value);
                }
                else
                {
                    _statistics.CountUnsaved();
                    Resume(waiver.Request, waiver.Arrived);
                    LogUnsaved(waiver.Binding.Ring.ToShortString(), waiver.Binding.Key);
                }
            }
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> TryBindAsync(Waiver waiver)
    {
        var left = _timings.BindBudget - Stopwatch.GetElapsedTime(waiver.Arrived);
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        // One at a time: a binding that hangs in the disk must not gather others behind it.
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(_abort.Token);
        budget.CancelAfter(left);
        try
        {
            await _binding.WaitAsync(budget.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_binding.IsCompleted)
            {
                return false;
            }

            var binding = Task.Run(() => _gate.TryBind(waiver.Binding), CancellationToken.None);
            _binding = binding;
            return await binding.WaitAsync(budget.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception exception)
        {
            LogBindFailed(exception, waiver.Binding.Key);
            return false;
        }
    }

    private async Task WriteAsync(InterceptorCall call)
    {
        try
        {
            await foreach (var answer in _answers.Reader.ReadAllAsync(_abort.Token))
            {
                await call.RequestStream.WriteAsync(answer.Response, _abort.Token);
                _statistics.AnswerTime.RecordSince(answer.Arrived);
                Answered();
            }
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
        }
        catch (RpcException)
        {
            // The stream is broken; its reader sees why.
        }
        catch (InvalidOperationException)
        {
            // Written to after it ended; its reader sees why.
        }
    }

    // Closing the stream is the only way to let go what a stuck judge holds: LND then resumes all of it. Counted in looks of this loop
    // and not by a clock: a machine that was suspended or stood still has then not made the judge late.
    private async Task WatchJudgeAsync()
    {
        const int Looks = 5;
        using var timer = new PeriodicTimer(_timings.JudgeLimit / Looks);
        var (seen, looks) = (0L, 0);
        try
        {
            while (await timer.WaitForNextTickAsync(_abort.Token))
            {
                var since = Volatile.Read(ref _judgingSince);
                looks = since != 0 && since == seen ? looks + 1 : 0;
                seen = since;
                if (looks == Looks)
                {
                    IsJudgeStuck = true;
                    LogJudgeStuck();
                    await _abort.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
        }
    }

    private void Answered()
    {
        if (Interlocked.Decrement(ref _unanswered) == 0 && _draining)
        {
            _drained.TrySetResult();
        }
    }

    private void Drain()
    {
        _draining = true;
        _downstream?.Release(_replyForOthers);

        // Pairs with the decrement in Answered: one of the two sees what the other did.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _unanswered) == 0)
        {
            _drained.TrySetResult();
            return;
        }

        _ = LimitDrainAsync();
    }

    private async Task LimitDrainAsync()
    {
        await Task.Delay(DrainLimit, _abort.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _drained.TrySetResult();
    }

    private async Task CloseAsync(InterceptorCall call, Task reader)
    {
        try
        {
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException or OperationCanceledException)
        {
            LogAlreadyEnded(exception.Message);
        }

        // LND takes the half-close for the end and says so; what it still offers is answered by the end itself.
        await reader.WaitAsync(DrainLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private readonly record struct Offer(ForwardHtlcInterceptRequest Request, long Arrived);

    private readonly record struct Waiver(
        ForwardHtlcInterceptRequest Request, WaiverBinding Binding, Eddy.Lightning.MilliSatoshi InAmount, long Arrived);

    private readonly record struct Answer(ForwardHtlcInterceptResponse Response, long Arrived);

    [LoggerMessage(LogLevel.Error, "Judging HTLC {Key} failed; it is resumed.")]
    private partial void LogJudgeFailed(Exception exception, Eddy.Lightning.CircuitKey key);

    [LoggerMessage(LogLevel.Critical, "What answers the interceptor's offers broke: the stream is closed, and LND resumes what it holds.")]
    private partial void LogHelperBroke(Exception exception);

    [LoggerMessage(LogLevel.Critical, "Judging does not come back: the interceptor stream is closed, and LND resumes what it holds.")]
    private partial void LogJudgeStuck();

    [LoggerMessage(LogLevel.Information, "Ring {Ring}: HTLC {Key} goes on without its fee of {FeeMsat} msat.")]
    private partial void LogWaived(string ring, Eddy.Lightning.CircuitKey key, long feeMsat);

    [LoggerMessage(LogLevel.Warning, "Ring {Ring}: the waiver for HTLC {Key} could not be saved in time; it is resumed with its fee.")]
    private partial void LogUnsaved(string ring, Eddy.Lightning.CircuitKey key);

    [LoggerMessage(LogLevel.Error, "Saving the waiver for HTLC {Key} failed.")]
    private partial void LogBindFailed(Exception exception, Eddy.Lightning.CircuitKey key);

    [LoggerMessage(LogLevel.Debug, "The interceptor stream had ended already: {Reason}")]
    private partial void LogAlreadyEnded(string reason);
}
