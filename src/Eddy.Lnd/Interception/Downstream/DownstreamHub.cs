using Eddy.Protos.Routerrpc;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Eddy.Lnd.Interception;

/// <summary>
/// Shows other programs what LND's only interceptor place offers, and makes one answer of theirs: FAIL or SETTLE of any of them decides, then
/// whoever has not answered holds, then the first that modifies, then RESUME. What is a ring's own is never shown, nor what may have been
/// forwarded before. Whoever keeps eddy waiting for longer than the patience counts as having resumed.
/// </summary>
public sealed partial class DownstreamHub : IDisposable
{
    private const int MostClients = 8;
    private const int MostHeld = 20_000;

    /// <summary>So many answers missed in a row, and a client is let go: each of them has delayed somebody's payment.</summary>
    private const int MostMissed = 16;

    /// <summary>LND fails what it holds at its auto-fail height, and an answer after that would end the stream: we are so many blocks earlier.</summary>
    private const int AutoFailMargin = 3;

    private readonly TimeSpan _patience;
    private readonly ILogger<DownstreamHub> _logger;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly ReplayMarks _marks = new();
    private readonly List<DownstreamClient> _clients = [];
    private readonly Dictionary<(ulong, ulong), LinkedListNode<HeldHtlc>> _held = [];
    private readonly LinkedList<HeldHtlc> _byAge = new();
    private Action<ForwardHtlcInterceptResponse, long>? _reply;
    private DownstreamFigures _figures = DownstreamFigures.None;
    private long _connections;
    private long _generation;
    private long _height;

    /// <param name="patience">How long a client may take to answer.</param>
    public DownstreamHub(TimeSpan patience, ILogger<DownstreamHub> logger)
    {
        _patience = patience;
        _logger = logger;
        _timer = TimeProvider.System.CreateTimer(static state => ((DownstreamHub)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public DownstreamFigures Figures
    {
        get
        {
            lock (_lock)
            {
                return _figures with { Clients = _clients.Count, Held = _held.Count };
            }
        }
    }

    /// <summary>Goes up with each stream to LND: a listing that began before the present one says nothing of it.</summary>
    internal long Generation => Interlocked.Read(ref _generation);

    /// <summary>Another program wants to be asked. It is shown what comes from now on.</summary>
    /// <exception cref="RpcException">There are too many already.</exception>
    public DownstreamClient Connect(string name)
    {
        DownstreamClient client;
        lock (_lock)
        {
            if (_clients.Count >= MostClients)
            {
                throw new RpcException(new Status(StatusCode.Unknown, $"interceptor already exists: eddy serves {MostClients} of them at most"));
            }

            client = new DownstreamClient(this, name, ++_connections);
            _clients.Add(client);
        }

        LogConnected(name);
        return client;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var client in _clients)
            {
                client.End(new Status(StatusCode.Unavailable, "eddy is stopping"));
            }

            _clients.Clear();
        }

        _timer.Dispose();
    }

    internal Status? Answer(DownstreamClient client, ForwardHtlcInterceptResponse answer)
    {
        if (answer.IncomingCircuitKey is not { } key)
        {
            return new Status(StatusCode.InvalidArgument, "CircuitKey missing from ForwardHtlcInterceptResponse");
        }

        lock (_lock)
        {
            if (!_held.TryGetValue((key.ChanId, key.HtlcId), out var node) || !node.Value.Waiting.Contains(client))
            {
                // Decided meanwhile, by another or by time: LND would end the stream, and the client could not help it.
                _figures = _figures with { Late = _figures.Late + 1 };
                return null;
            }

            var htlc = node.Value;
            if (AnswerCheck.Fault(answer, htlc.Request) is { } fault)
            {
                return fault;
            }

            client.Missed = 0;
            htlc.Waiting.Remove(client);
            switch (answer.Action)
            {
                case ResolveHoldForwardAction.Fail or ResolveHoldForwardAction.Settle:
                    Decide(node, AnswerCheck.Clean(answer));
                    return null;
                case ResolveHoldForwardAction.ResumeModified when client.Number < htlc.ModifiedBy:
                    (htlc.Modified, htlc.ModifiedBy) = (AnswerCheck.Clean(answer), client.Number);
                    break;
            }

            if (htlc.Waiting.Count == 0)
            {
                LetGo(node);
            }

            return null;
        }
    }

    /// <param name="client">It has gone, or has to go.</param>
    /// <param name="why">What it is told; null where it has gone by itself.</param>
    internal void Disconnect(DownstreamClient client, Status? why)
    {
        lock (_lock)
        {
            if (!_clients.Remove(client))
            {
                return;
            }

            client.End(why);
            _figures = why is null ? _figures : _figures with { Dropped = _figures.Dropped + 1 };
            foreach (var htlc in _byAge.Where(htlc => htlc.Waiting.Remove(client) && htlc.Waiting.Count == 0).ToArray())
            {
                LetGo(_held[htlc.Key]);
            }
        }

        // Not under the lock, which the judge takes: whoever reads our log may be slow.
        if (why is { } status)
        {
            LogDropped(client.Name, status.Detail);
        }
        else
        {
            LogGone(client.Name);
        }
    }

    /// <summary>A client's stream ends for what it said.</summary>
    public void Drop(DownstreamClient client, Status why) => Disconnect(client, why);

    /// <summary>A stream to LND begins. Whatever an earlier one offered is LND's again.</summary>
    internal void Begin(Action<ForwardHtlcInterceptResponse, long> reply)
    {
        lock (_lock)
        {
            Interlocked.Increment(ref _generation);
            _marks.Distrust();
            Clear();
            _reply = reply;
        }
    }

    /// <summary>The stream ended: LND resumes what it holds.</summary>
    internal void End(Action<ForwardHtlcInterceptResponse, long> reply)
    {
        lock (_lock)
        {
            if (_reply == reply)
            {
                _reply = null;
                Clear();
            }
        }
    }

    /// <summary>The stream is about to be closed: everything is answered first, as far as the answers have come.</summary>
    internal void Release(Action<ForwardHtlcInterceptResponse, long> reply)
    {
        lock (_lock)
        {
            if (_reply != reply)
            {
                return;
            }

            // From now on nothing is shown.
            _marks.Distrust();
            while (_byAge.First is { } oldest)
            {
                LetGo(oldest);
            }
        }
    }

    /// <param name="generation">Before LND was asked.</param>
    /// <param name="pending">Channels and one more than the highest number of an incoming HTLC that is pending there.</param>
    internal void OnListed(long generation, IEnumerable<(ulong Channel, ulong NextPending)> pending)
    {
        lock (_lock)
        {
            if (generation == _generation)
            {
                _marks.Learn(pending);
            }
        }
    }

    internal void OnHeight(uint height)
    {
        lock (_lock)
        {
            _height = height;
            foreach (var htlc in _byAge.Where(htlc => IsNearAutoFail(htlc.Request)).ToArray())
            {
                // As LND does it, only earlier. It was never forwarded, so that nothing is lost by it.
                Decide(_held[htlc.Key], AnswerCheck.Fail(htlc.Request.IncomingCircuitKey));
            }
        }
    }

    /// <summary>LND offers something: true where it is certainly for the first time. To be told of everything, in its order.</summary>
    internal bool Note(ForwardHtlcInterceptRequest request)
    {
        lock (_lock)
        {
            return _marks.IsFirst(request.IncomingCircuitKey);
        }
    }

    /// <summary>What is held under this key is not to be answered any more: it is on chain. False where there is none.</summary>
    internal bool Forget(CircuitKey key)
    {
        lock (_lock)
        {
            if (!_held.Remove((key.ChanId, key.HtlcId), out var node))
            {
                return false;
            }

            _byAge.Remove(node);
            return true;
        }
    }

    /// <summary>Asks the clients about an HTLC that is nobody's ring and new. False where there is nobody to ask.</summary>
    internal bool Offer(ForwardHtlcInterceptRequest request, long arrived)
    {
        lock (_lock)
        {
            if (_clients.Count == 0 || _reply is not { } reply || _held.Count >= MostHeld || IsNearAutoFail(request))
            {
                return false;
            }

            var htlc = new HeldHtlc(request, arrived, Environment.TickCount64 + (long)_patience.TotalMilliseconds, reply);
            foreach (var client in _clients)
            {
                if (client.TryOffer(request))
                {
                    htlc.Waiting.Add(client);
                }
            }

            if (htlc.Waiting.Count == 0)
            {
                return false;
            }

            var node = _byAge.AddLast(htlc);
            _held[htlc.Key] = node;
            if (node.Previous is null)
            {
                _timer.Change(_patience, Timeout.InfiniteTimeSpan);
            }

            return true;
        }
    }

    private bool IsNearAutoFail(ForwardHtlcInterceptRequest request) => request.AutoFailHeight > 0 && _height >= request.AutoFailHeight - AutoFailMargin;

    private void OnTimer()
    {
        var dropped = new List<DownstreamClient>();
        lock (_lock)
        {
            while (_byAge.First is { } oldest && oldest.Value.Due <= Environment.TickCount64)
            {
                foreach (var client in oldest.Value.Waiting)
                {
                    _figures = _figures with { Missed = _figures.Missed + 1 };
                    if (++client.Missed == MostMissed)
                    {
                        dropped.Add(client);
                    }
                }

                LetGo(oldest);
            }

            if (_byAge.First is { } next)
            {
                _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, next.Value.Due - Environment.TickCount64)), Timeout.InfiniteTimeSpan);
            }
        }

        foreach (var client in dropped)
        {
            Disconnect(client, new Status(StatusCode.ResourceExhausted, $"{MostMissed} HTLCs in a row were not answered in time"));
        }
    }

    private void LetGo(LinkedListNode<HeldHtlc> node) => Decide(node, node.Value.Modified ?? OfferedHtlc.Resume(node.Value.Request.IncomingCircuitKey));

    private void Decide(LinkedListNode<HeldHtlc> node, ForwardHtlcInterceptResponse response)
    {
        _byAge.Remove(node);
        _held.Remove(node.Value.Key);
        _figures = response.Action switch
        {
            ResolveHoldForwardAction.Fail => _figures with { Failed = _figures.Failed + 1 },
            ResolveHoldForwardAction.Settle => _figures with { Settled = _figures.Settled + 1 },
            ResolveHoldForwardAction.ResumeModified => _figures with { Modified = _figures.Modified + 1 },
            _ => _figures with { Resumed = _figures.Resumed + 1 },
        };
        node.Value.Reply(response);
    }

    private void Clear()
    {
        _byAge.Clear();
        _held.Clear();
    }

    [LoggerMessage(LogLevel.Information, "Interceptor client {Name} connected.")]
    private partial void LogConnected(string name);

    [LoggerMessage(LogLevel.Information, "Interceptor client {Name} has gone; what it held is resumed.")]
    private partial void LogGone(string name);

    [LoggerMessage(LogLevel.Warning, "Interceptor client {Name} is let go, and what it held is resumed: {Why}")]
    private partial void LogDropped(string name, string why);
}
