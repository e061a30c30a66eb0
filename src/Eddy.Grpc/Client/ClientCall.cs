using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// One call from its start to its outcome. The outcome is set once, by whatever comes first: the server's status, a failure,
/// the deadline, the caller's cancellation or its disposal.
/// </summary>
internal sealed class ClientCall<TRequest, TResponse> : IDisposable
    where TRequest : class
    where TResponse : class
{
    private const string CancelledByCaller = "The caller cancelled the call.";

    private static readonly StreamPipeReaderOptions ReceiveOptions =
        new(bufferSize: 16 * 1024, minimumReadSize: 4 * 1024, leaveOpen: true);

    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly CallOptions _options;
    private readonly bool _singleResponse;
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _sending = Task.CompletedTask;
    private RequestStreamContent? _requests;
    private HttpResponseMessage? _response;
    private MessageReader<TResponse>? _reader;
    private Timer? _deadlineTimer;
    private CancellationTokenRegistration _callerCancellation;
    private Outcome? _outcome;
    private bool _received;
    private int _reading;

    internal ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options)
    {
        if (options.Deadline is { Kind: not DateTimeKind.Utc } deadline
            && deadline != DateTime.MaxValue
            && deadline != DateTime.MinValue)
        {
            throw new InvalidOperationException("A deadline is given in UTC.");
        }

        if (options.Credentials is not null && !channel.AllowsCallCredentials)
        {
            throw new InvalidOperationException("Call credentials are not sent over a channel without TLS.");
        }

        _channel = channel;
        _method = method;
        _options = options;
        _singleResponse = method.Type is MethodType.Unary or MethodType.ClientStreaming;
    }

    internal Task<Metadata> ResponseHeadersAsync => _headers.Task;

    /// <summary>Starts a call with one request.</summary>
    internal void Start(TRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);

        // Never given back to the pool: the response may be there before HttpClient has done with the request.
        var frame = new MessageFrame(_channel.Options.MaxSendMessageSize);
        try
        {
            frame.Write(request, _method.RequestMarshaller.ContextualSerializer);
        }
        catch (RpcException exception)
        {
            End(exception.Status, Metadata.Empty);
            return;
        }

        _sending = SendAsync(new SingleRequestContent(frame));
    }

    /// <summary>Starts a call with a stream of requests.</summary>
    internal ClientStreamWriter<TRequest, TResponse> Start()
    {
        _requests = new RequestStreamContent();
        _sending = SendAsync(_requests);
        return new ClientStreamWriter<TRequest, TResponse>(
            this, _requests, _method.RequestMarshaller, _channel.Options.MaxSendMessageSize)
        {
            WriteOptions = _options.WriteOptions,
        };
    }

    /// <summary>The one response of a call that has only one.</summary>
    internal async Task<TResponse> ReadSingleAsync()
    {
        var response = await ReadAsync();
        if (response is not null && await ReadAsync() is not null)
        {
            Abort(new Status(StatusCode.Internal, "Server sent more than one message for a call with one response."));
            ThrowIfEnded();
        }

        return response ?? throw new InvalidOperationException("A call without a response cannot have ended with OK.");
    }

    /// <summary>The next response, or null when the call has ended with OK.</summary>
    /// <exception cref="RpcException">The call ended otherwise.</exception>
    internal async ValueTask<TResponse?> ReadAsync()
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("One read at a time: the one before has not ended.");
        }

        try
        {
            await _sending;
            if (_outcome is null && await ReceiveAsync() is { } message)
            {
                _received = true;
                return message;
            }
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }

        return _outcome!.Status.StatusCode == StatusCode.OK ? null : throw _outcome.ToException();
    }

    /// <summary>Throws the outcome of a call that has ended, OK too: nothing can be written to it any more.</summary>
    internal void ThrowIfEnded()
    {
        if (_outcome is { } outcome)
        {
            throw outcome.ToException();
        }
    }

    /// <summary>What a write that failed is to throw.</summary>
    internal async ValueTask<RpcException> ExplainFailedWriteAsync(Exception exception)
    {
        // Usually the server has ended the call. Its status, which the reader is about to see, says more than the broken stream.
        await _sending;
        if (_outcome is null && Volatile.Read(ref _reading) != 0)
        {
            await _ended.Task;
        }

        return _outcome?.ToException() ?? new RpcException(CallFailure.ToStatus(exception, _channel.Target));
    }

    /// <summary>Cancels the call when the token says so; for tokens of single reads and writes.</summary>
    internal CancellationTokenRegistration CancelWith(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled && cancellationToken != _options.CancellationToken
            ? RegisterWith(cancellationToken)
            : default;

    internal Status GetStatus() =>
        _outcome?.Status ?? throw new InvalidOperationException("There is no status before the call has ended.");

    internal Metadata GetTrailers() =>
        _outcome?.Trailers ?? throw new InvalidOperationException("There are no trailers before the call has ended.");

    public void Dispose() => Cancel("The caller disposed the call.");

    private void Cancel(string detail) => Abort(new Status(StatusCode.Cancelled, detail));

    private async Task SendAsync(HttpContent content)
    {
        try
        {
            StartTimers();
            var request = await CallRequest.CreateAsync(_channel, _method, _options, TimeLeft(), content, _abort.Token);
            if (_outcome is null)
            {
                await AcceptAsync(await _channel.SendAsync(request, _abort.Token));
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private void StartTimers()
    {
        if (_options.CancellationToken.CanBeCanceled)
        {
            _callerCancellation = RegisterWith(_options.CancellationToken);
        }

        if (TimeLeft() is { } left)
        {
            if (left <= TimeSpan.Zero)
            {
                DeadlinePassed();
            }
            else if (left <= GrpcHeaders.LongestTimer)
            {
                _deadlineTimer = new Timer(
                    static state => ((ClientCall<TRequest, TResponse>)state!).DeadlinePassed(),
                    this,
                    left,
                    Timeout.InfiniteTimeSpan);
            }
        }

        if (_outcome is not null)
        {
            StopTimers();
        }
    }

    private CancellationTokenRegistration RegisterWith(CancellationToken cancellationToken) => cancellationToken.UnsafeRegister(
        static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(CancelledByCaller), this);

    private void StopTimers()
    {
        _deadlineTimer?.Dispose();
        _callerCancellation.Unregister();
    }

    private TimeSpan? TimeLeft() =>
        _options.Deadline is { } deadline && deadline != DateTime.MaxValue ? deadline - DateTime.UtcNow : null;

    private void DeadlinePassed() => Abort(new Status(StatusCode.DeadlineExceeded, ""));

    private async Task AcceptAsync(HttpResponseMessage response)
    {
        Volatile.Write(ref _response, response);
        var headers = ResponseStatus.ToMetadata(response.Headers);
        if (ResponseStatus.Refuse(response) is { } refusal)
        {
            Abort(refusal);
        }
        else if (ResponseStatus.Find(response.Headers) is { } trailersOnly)
        {
            _headers.TrySetResult(headers);
            End(trailersOnly, headers);
        }
        else
        {
            _headers.TrySetResult(headers);
            var pipe = PipeReader.Create(await response.Content.ReadAsStreamAsync(_abort.Token), ReceiveOptions);
            _reader = new MessageReader<TResponse>(
                pipe, _method.ResponseMarshaller.ContextualDeserializer, _channel.Options.MaxReceiveMessageSize);
        }

        if (_outcome is not null)
        {
            response.Dispose();
        }
    }

    private async ValueTask<TResponse?> ReceiveAsync()
    {
        try
        {
            if (await _reader!.ReadAsync(_abort.Token) is { } message)
            {
                return message;
            }

            var trailers = _response!.TrailingHeaders;
            End(
                ResponseStatus.Find(trailers) ?? new Status(StatusCode.Internal, "The server ended the call without a status."),
                ResponseStatus.ToMetadata(trailers));
        }
        catch (Exception exception)
        {
            Fail(exception);
        }

        _reader!.Complete();
        return null;
    }

    private void Fail(Exception exception)
    {
        var status = CallFailure.ToStatus(exception, _channel.Target);

        // The server's clock may be a little ahead of ours: what it breaks off at the deadline is the deadline's doing.
        Abort(status.StatusCode == StatusCode.Cancelled && TimeLeft() <= TimeSpan.Zero
            ? new Status(StatusCode.DeadlineExceeded, "", exception)
            : status);
    }

    /// <summary>Ends the call as the server said.</summary>
    private void End(Status status, Metadata trailers)
    {
        if (status.StatusCode == StatusCode.OK && _singleResponse && !_received)
        {
            status = new Status(StatusCode.Internal, "Call ended with OK and without a response.");
        }

        if (TrySetOutcome(status, trailers))
        {
            _requests?.End();
            _response?.Dispose();
        }
    }

    /// <summary>Ends the call from this side, wherever it is.</summary>
    private void Abort(Status status)
    {
        if (TrySetOutcome(status, Metadata.Empty))
        {
            _requests?.Abort();
            _abort.Cancel();
            Volatile.Read(ref _response)?.Dispose();
        }
    }

    private bool TrySetOutcome(Status status, Metadata trailers)
    {
        var outcome = new Outcome(status, trailers);
        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is not null)
        {
            return false;
        }

        StopTimers();
        if (!_headers.Task.IsCompleted && _headers.TrySetException(outcome.ToException()))
        {
            // Nobody has to look at the headers of a call that failed.
            _ = _headers.Task.Exception;
        }

        _ended.TrySetResult();
        return true;
    }

    private sealed record Outcome(Status Status, Metadata Trailers)
    {
        internal RpcException ToException() => new(Status, Trailers);
    }
}
