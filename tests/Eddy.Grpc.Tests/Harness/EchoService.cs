using System.Collections.Concurrent;
using Eddy.Grpc.Tests.Protos;
using Google.Protobuf;
using Grpc.Core;

namespace Eddy.Grpc.Tests.Harness;

/// <summary>Echoes, unless the request says otherwise; Peer/server.js behaves alike.</summary>
public sealed class EchoService(EchoProbe probe) : Echo.EchoBase
{
    public override async Task<EchoReply> Unary(EchoRequest request, ServerCallContext context)
    {
        probe.See(context);
        await BehaveAsync(request, context);
        return Reply(request, 0);
    }

    public override async Task ServerStream(EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        probe.See(context);
        for (var number = 0; number < request.Count; number++)
        {
            await responseStream.WriteAsync(Reply(request, number));
            probe.Written(number + 1);
        }

        await BehaveAsync(request, context);
    }

    public override async Task<EchoReply> ClientStream(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        probe.See(context);
        var texts = new List<string>();
        await foreach (var request in requestStream.ReadAllAsync())
        {
            texts.Add(request.Text);
            await BehaveAsync(request, context);
        }

        return new EchoReply { Text = string.Join(' ', texts), Number = texts.Count };
    }

    public override async Task Duplex(
        IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        probe.See(context);
        var number = 0;
        try
        {
            await foreach (var request in requestStream.ReadAllAsync())
            {
                await BehaveAsync(request, context);
                await responseStream.WriteAsync(Reply(request, number++));
            }

            probe.HalfClosed.TrySetResult();
        }
        catch (Exception exception)
        {
            probe.DuplexFailure.TrySetResult(exception);
            throw;
        }
    }

    private static EchoReply Reply(EchoRequest request, int number) => new()
    {
        Text = request.Text,
        Payload = request.ReplySize > 0 ? Bytes.Pattern(request.ReplySize) : request.Payload,
        Number = number,
    };

    private async Task BehaveAsync(EchoRequest request, ServerCallContext context)
    {
        switch (request.Behaviour)
        {
            case "fail":
                throw new RpcException(new Status((StatusCode)request.Code, request.Text), new Metadata { { "reason", "asked" }, { "proof-bin", [0, 1, 255] } });
            case "throw":
                throw new InvalidOperationException(request.Text);
            case "metadata":
                await context.WriteResponseHeadersAsync(Copy(context.RequestHeaders, "head-"));
                foreach (var entry in Copy(context.RequestHeaders, "tail-"))
                {
                    context.ResponseTrailers.Add(entry);
                }

                break;
            case "hang":
                probe.Hanging.TrySetResult();
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
                }
                finally
                {
                    probe.Released.TrySetResult();
                }

                break;
            case "stall":
                probe.Hanging.TrySetResult();
                await probe.GoOn.Task.WaitAsync(context.CancellationToken);
                break;
            case "abort":
                context.GetHttpContext().Abort();
                await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
                break;
            case "deadline":
                throw new RpcException(new Status(StatusCode.OutOfRange, (context.Deadline - DateTime.UtcNow).TotalSeconds.ToString("F0")));
        }
    }

    private static Metadata Copy(Metadata from, string prefix)
    {
        var copy = new Metadata();
        foreach (var entry in from.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            copy.Add(entry);
        }

        return copy;
    }
}

/// <summary>What a test sees and steers of the service behind the wire.</summary>
public sealed class EchoProbe
{
    private volatile int _written;

    public ConcurrentQueue<SeenCall> Calls { get; } = new();

    public TaskCompletionSource Hanging { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource HalfClosed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<Exception> DuplexFailure { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int WrittenCount => _written;

    public void Written(int count) => _written = count;

    public void See(ServerCallContext context) => Calls.Enqueue(new SeenCall(
        context.Method, context.Host, context.Peer, context.Deadline, context.RequestHeaders, context.CancellationToken));
}

/// <summary>What a handler saw; the context itself ends with the call.</summary>
public sealed record SeenCall(string Method, string Host, string Peer, DateTime Deadline, Metadata RequestHeaders, CancellationToken CancellationToken);

internal static class Bytes
{
    /// <summary>Bytes that differ from their neighbours, so that a lost or doubled piece shows.</summary>
    internal static ByteString Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = unchecked((byte)((i * 31) ^ (i >> 8)));
        }

        return UnsafeByteOperations.UnsafeWrap(bytes);
    }
}
