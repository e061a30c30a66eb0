using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>One call as its handler sees it: context, request stream and response stream.</summary>
internal sealed class ServerCall<TRequest, TResponse>
    : ServerCallContext, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, IHttpCall, IDisposable
    where TRequest : class
    where TResponse : class
{
    // A long message leaves in pieces of this size, each as the caller takes it.
    private const int PieceLength = 64 * 1024;

    private readonly HttpContext _http;
    private readonly Method<TRequest, TResponse> _method;
    private readonly MessageReader<TRequest> _reader;
    private readonly MessageFrame _frame;
    private readonly CancellationTokenSource? _deadlineSource;
    private TRequest? _current;
    private Metadata? _requestHeaders;
    private Metadata? _trailers;
    private Status _status = Status.DefaultSuccess;
    private int _reading;
    private int _writing;
    private bool _ended;
    private bool _callerGone;

    internal ServerCall(HttpContext http, Method<TRequest, TResponse> method, GrpcServiceOptions options)
    {
        _http = http;
        _method = method;
        _reader = new MessageReader<TRequest>(
            http.Request.BodyReader, method.RequestMarshaller.ContextualDeserializer, options.MaxReceiveMessageSize);
        _frame = new MessageFrame(options.MaxSendMessageSize);
        CancellationTokenCore = http.RequestAborted;
        DeadlineCore = DateTime.MaxValue;
        if (http.Request.Headers[GrpcHeaders.Timeout] is [{ } text, ..] && GrpcHeaders.TryDecodeTimeout(text, out var timeout)
            && timeout <= GrpcHeaders.LongestTimer)
        {
            DeadlineCore = DateTime.UtcNow + timeout;
            _deadlineSource = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
            _deadlineSource.CancelAfter(timeout);
            CancellationTokenCore = _deadlineSource.Token;
        }
    }

    public TRequest Current => _current ?? throw new InvalidOperationException("There is no message before MoveNext has found one.");

    public HttpContext Http => _http;

    /// <summary>Nobody waits for this call any more; the token may say so a little later than a read does.</summary>
    internal bool IsOver => _callerGone || CancellationTokenCore.IsCancellationRequested;

    internal bool IsDeadlinePassed =>
        CancellationTokenCore.IsCancellationRequested && !_http.RequestAborted.IsCancellationRequested;

    protected override string MethodCore => _method.FullName;

    protected override string HostCore => _http.Request.Host.Value ?? "";

    protected override string PeerCore => _http.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } address =>
            $"ipv6:[{address}]:{_http.Connection.RemotePort}",
        var address => $"ipv4:{address.MapToIPv4()}:{_http.Connection.RemotePort}",
    };

    protected override DateTime DeadlineCore { get; }

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders();

    protected override CancellationToken CancellationTokenCore { get; }

    protected override Metadata ResponseTrailersCore => _trailers ??= [];

    protected override Status StatusCore
    {
        get => _status;
        set => _status = value;
    }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        _current = null;
        _current = await ReadAsync(cancellationToken);
        return _current is not null;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_ended)
        {
            throw new InvalidOperationException("The call has ended; nothing can be written to it.");
        }

        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException("One write at a time: the one before has not ended.");
        }

        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var mayWait = (WriteOptionsCore?.Flags & WriteFlags.BufferHint) is WriteFlags.BufferHint;
            await SendAsync(message, flush: !mayWait, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public void Dispose() => _deadlineSource?.Dispose();

    /// <summary>The one request of a call that has only one.</summary>
    internal async ValueTask<TRequest> ReadSingleAsync()
    {
        var request = await ReadAsync(CancellationToken.None)
            ?? throw new RpcException(new Status(StatusCode.Internal, "Call ended without a request."));
        return await ReadAsync(CancellationToken.None) is null
            ? request
            : throw new RpcException(
                new Status(StatusCode.Internal, "Client sent more than one message for a call with one request."));
    }

    /// <summary>Writes the one response of a call that has only one; it leaves together with the status.</summary>
    internal ValueTask WriteLastAsync(TResponse? response) => response is null
        ? throw new RpcException(new Status(StatusCode.Internal, "The handler returned no response."))
        : SendAsync(response, flush: false, CancellationToken.None);

    internal void End(Status status, Metadata trailers)
    {
        _ended = true;
        if (Interlocked.Exchange(ref _writing, 1) == 0)
        {
            _frame.Release();
        }

        if (_http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        foreach (var entry in trailers)
        {
            ResponseTrailersCore.Add(entry);
        }

        var response = _http.Response;
        var destination = response.HasStarted
            ? _http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : response.Headers;
        ServerStatus.Write(destination, status, _trailers);
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        if (_http.Response.HasStarted)
        {
            throw new InvalidOperationException("The response headers have left already.");
        }

        ServerStatus.Write(_http.Response.Headers, responseHeaders);
        return _http.Response.BodyWriter.FlushAsync(CancellationTokenCore).AsTask();
    }

    private async ValueTask<TRequest?> ReadAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("One read at a time: the one before has not ended.");
        }

        try
        {
            if (!cancellationToken.CanBeCanceled || cancellationToken == CancellationTokenCore)
            {
                return await _reader.ReadAsync(CancellationTokenCore);
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, CancellationTokenCore);
            return await _reader.ReadAsync(either.Token);
        }
        catch (IOException)
        {
            _callerGone = true;
            throw;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    private async ValueTask SendAsync(TResponse message, bool flush, CancellationToken cancellationToken)
    {
        CancellationTokenCore.ThrowIfCancellationRequested();
        _frame.Write(message, _method.ResponseMarshaller.ContextualSerializer);
        if (!_http.Response.HasStarted)
        {
            await _http.Response.StartAsync(CancellationTokenCore);
        }

        using var either = cancellationToken.CanBeCanceled && cancellationToken != CancellationTokenCore
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, CancellationTokenCore)
            : null;
        var token = either?.Token ?? CancellationTokenCore;
        var body = _http.Response.BodyWriter;
        var rest = _frame.Bytes;
        for (; rest.Length > PieceLength; rest = rest[PieceLength..])
        {
            ThrowIfGone(await body.WriteAsync(rest[..PieceLength], token));
        }

        body.Write(rest.Span);
        if (flush)
        {
            ThrowIfGone(await body.FlushAsync(token));
        }

        _frame.Trim();
    }

    private static void ThrowIfGone(FlushResult result)
    {
        if (result.IsCanceled || result.IsCompleted)
        {
            throw new OperationCanceledException("The caller has gone.");
        }
    }

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in _http.Request.Headers)
        {
            foreach (var value in values)
            {
                GrpcHeaders.AddReceived(metadata, name, value ?? "");
            }
        }

        return metadata.Freeze();
    }
}
