using System.Threading.Channels;
using Eddy.Protos.Routerrpc;
using Grpc.Core;

namespace Eddy.Lnd.Interception;

/// <summary>One other program's interceptor stream, as the hub sees it.</summary>
public sealed class DownstreamClient : IDisposable
{
    /// <summary>HTLCs that a client has not read yet: the next ones are not shown to it.</summary>
    private const int MostUnread = 1_024;

    private readonly DownstreamHub _hub;
    private readonly Channel<ForwardHtlcInterceptRequest> _offers = Channel.CreateBounded<ForwardHtlcInterceptRequest>(
        new BoundedChannelOptions(MostUnread) { SingleReader = true });

    internal DownstreamClient(DownstreamHub hub, string name, long number)
    {
        _hub = hub;
        Name = name;
        Number = number;
    }

    /// <summary>For the log.</summary>
    public string Name { get; }

    /// <summary>In the order of their connections: of two clients that both modify an HTLC the earlier one counts.</summary>
    internal long Number { get; }

    /// <summary>How many answers in a row did not come in time. Guarded by the hub's lock.</summary>
    internal int Missed { get; set; }

    /// <summary>What it is offered. Throws <see cref="RpcException"/> at the end where the hub has let it go.</summary>
    public ChannelReader<ForwardHtlcInterceptRequest> Offers => _offers.Reader;

    /// <summary>Takes its answer. Null where that is well; else why its stream has to end, as LND would say it.</summary>
    public Status? Answer(ForwardHtlcInterceptResponse answer) => _hub.Answer(this, answer);

    /// <summary>It has gone: what waits for it alone is resumed.</summary>
    public void Dispose() => _hub.Disconnect(this, null);

    internal bool TryOffer(ForwardHtlcInterceptRequest request) => _offers.Writer.TryWrite(request);

    internal void End(Status? why) => _offers.Writer.TryComplete(why is { } status ? new RpcException(status) : null);
}
