using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The body of a call with one request.</summary>
internal sealed class SingleRequestContent : HttpContent
{
    private readonly MessageFrame _frame;

    internal SingleRequestContent(MessageFrame frame)
    {
        _frame = frame;
        Headers.ContentType = RequestStreamContent.GrpcContentType;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    // May run twice: HttpClient sends again what a closing connection has not taken.
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_frame.Bytes, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>
/// The body of a call with a stream of requests: hands HttpClient's stream to the writer and stays open until there is no more.
/// A subclass of HttpContent of its own, because only such a one is sent while the response is being received.
/// </summary>
internal sealed class RequestStreamContent : HttpContent
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<Stream> _opened = NewOpened();
    private bool _used;
    private bool _ended;

    internal RequestStreamContent() => Headers.ContentType = GrpcContentType;

    internal static MediaTypeHeaderValue GrpcContentType { get; } = new(GrpcHeaders.ContentType);

    internal bool IsCompleted => _completed.Task.IsCompleted;

    /// <summary>The stream to write to, as soon as there is a connection; cancelled where there never is one.</summary>
    internal async ValueTask<Stream> GetStreamAsync()
    {
        while (true)
        {
            var opened = CurrentOpened();
            var stream = await opened;
            lock (_lock)
            {
                if (_opened.Task == opened)
                {
                    _used = true;
                    return stream;
                }
            }
        }
    }

    /// <summary>Half-closes the call.</summary>
    internal void Complete() => _completed.TrySetResult();

    /// <summary>Lets go of HttpClient and of a writer that still waits for the stream: this call takes no more requests.</summary>
    internal void End()
    {
        Complete();
        GiveUp();
    }

    /// <summary>Like <see cref="End"/> for a call that is broken off: its server must not take that for a half-close.</summary>
    internal void Abort()
    {
        _completed.TrySetCanceled();
        GiveUp();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_used)
            {
                throw new IOException("The server did not take the call, and messages already written cannot be sent again.");
            }
        }

        // The headers have to leave without waiting for a message: the server may be the first to speak.
        await stream.FlushAsync(cancellationToken);
        lock (_lock)
        {
            _opened.TrySetResult(stream);
        }

        // HttpClient may try a refused call again, and the answer may be here before the new stream is.
        await using var forgetting = cancellationToken.Register(() => Forget(stream));

        // A stream that breaks cancels the token. To throw for that would hide from HttpClient's caller what broke it, and to
        // return would end a stream that is no longer ours: so wait for the end of the call, then say which of the two it was.
        await _completed.Task;
        cancellationToken.ThrowIfCancellationRequested();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private static TaskCompletionSource<Stream> NewOpened() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task<Stream> CurrentOpened()
    {
        lock (_lock)
        {
            return _opened.Task;
        }
    }

    private void Forget(Stream stream)
    {
        lock (_lock)
        {
            if (!_used && !_ended && _opened.Task is { IsCompletedSuccessfully: true } opened && opened.Result == stream)
            {
                _opened = NewOpened();
            }
        }
    }

    private void GiveUp()
    {
        lock (_lock)
        {
            _ended = true;
            _opened.TrySetCanceled();
        }
    }
}
