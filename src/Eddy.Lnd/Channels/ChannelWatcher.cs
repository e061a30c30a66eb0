using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Lnd.Interception;
using Eddy.Lnd.Session;
using Eddy.Protos.Lnrpc;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Eddy.Lnd.Channels;

/// <summary>Lists channels and peers, soon after whatever may have changed them and every now and then, and keeps the policies fresh.</summary>
internal sealed partial class ChannelWatcher(
    LndConnection connection, PolicyCache policies, EventPump events, LndTimings timings, DownstreamHub? downstream, ILogger logger)
{
    // On a big node a listing or a report is work for LND: it gets a rest of so many times what the last one took.
    private const int ListingRest = 5;
    private const int ReportRest = 20;

    private readonly ILogger _logger = logger;
    private readonly ConcurrentQueue<CommandId> _requests = new();
    private readonly Channel<bool> _signal = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _nextListing;
    private TimeSpan _nextReport;
    private TimeSpan _restUntil;
    private bool _hasReports = true;
    private bool _hasUnknownPeers = true;

    /// <summary>Something may have changed.</summary>
    public void Trigger() => _signal.Writer.TryWrite(true);

    /// <summary>An HTLC failed here as if a policy were not what we believe.</summary>
    public void Suspect(ShortChannelId channel) => policies.Suspect(channel.Value);

    /// <summary>Lists everything anew; the command completes when the events are posted.</summary>
    public void Request(CommandId command)
    {
        _requests.Enqueue(command);
        Trigger();
    }

    /// <exception cref="RpcException">LND could not be asked.</exception>
    public async Task<NodeEvent> ListPeersAsync(CancellationToken cancellationToken)
    {
        var answer = await connection.Lightning.ListPeersAsync(new ListPeersRequest { LatestError = true }, connection.Call(cancellationToken));
        var peers = ImmutableArray.CreateBuilder<NodeId>(answer.Peers.Count);
        foreach (var peer in answer.Peers)
        {
            if (NodeId.TryParse(peer.PubKey, out var id))
            {
                peers.Add(id);
            }
        }

        return new NodeEvent.PeersListed(peers.ToImmutable());
    }

    /// <exception cref="RpcException">LND could not be asked.</exception>
    public async Task<NodeEvent> ListChannelsAsync(CancellationToken cancellationToken)
    {
        var request = new ListChannelsRequest { PeerAliasLookup = _hasUnknownPeers };
        var generation = downstream?.Generation ?? 0;
        var answer = await connection.Lightning.ListChannelsAsync(request, connection.Call(cancellationToken));
        downstream?.OnListed(generation, answer.Channels.Select(static channel => (channel.ChanId, NextPending(channel))));
        ReadAliases(answer, request.PeerAliasLookup);
        await policies.UpdateAsync(answer.Channels, cancellationToken);
        var channels = ImmutableArray.CreateBuilder<Lightning.Channel>(answer.Channels.Count);
        foreach (var channel in answer.Channels)
        {
            if (ChannelReading.Read(channel, policies.Find(channel.ChannelPoint)) is { } read)
            {
                channels.Add(read);
            }
        }

        return new NodeEvent.ChannelsListed(channels.ToImmutable());
    }

    /// <summary>Runs after the first listing, until the token is cancelled.</summary>
    /// <exception cref="RpcException">LND could not be asked.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _nextListing = _clock.Elapsed + timings.RefreshInterval;
            while (true)
            {
                var isSignalled = await WaitAsync(_nextListing < _nextReport ? _nextListing : _nextReport, cancellationToken);
                var isChanged = _clock.Elapsed >= _nextReport && await CompareFeesAsync(cancellationToken);
                if (isSignalled || isChanged || _clock.Elapsed >= _nextListing)
                {
                    await ListAsync(cancellationToken);
                }
            }
        }
        finally
        {
            Complete(TakeRequests(), new CommandOutcome.Unavailable("The connection to LND ended."));
        }
    }

    /// <summary>True where somebody asked for a listing, after a moment in which others may ask for the same.</summary>
    private async Task<bool> WaitAsync(TimeSpan due, CancellationToken cancellationToken)
    {
        var limit = due - _clock.Elapsed;
        using var dueSource = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        dueSource.CancelAfter(limit > TimeSpan.Zero ? limit : TimeSpan.FromMilliseconds(1));
        try
        {
            await _signal.Reader.WaitToReadAsync(dueSource.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        if (_requests.IsEmpty)
        {
            var rest = _restUntil - _clock.Elapsed;
            await Task.Delay(rest > timings.RefreshDelay ? rest : timings.RefreshDelay, cancellationToken);
        }

        _signal.Reader.TryRead(out _);
        return true;
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var started = _clock.Elapsed;
        var requested = TakeRequests();
        try
        {
            if (requested.Count > 0 || !_hasReports)
            {
                policies.Distrust();
            }

            if (requested.Count > 0)
            {
                await events.PostListingAsync(ListPeersAsync, cancellationToken);
            }

            await events.PostListingAsync(ListChannelsAsync, cancellationToken);
        }
        catch (RpcException exception) when (requested.Count > 0)
        {
            Complete(requested, new CommandOutcome.Unavailable(LndErrors.Describe(exception)));
            throw;
        }

        Complete(requested, new CommandOutcome.Done());
        var ended = _clock.Elapsed;
        var rest = ListingRest * (ended - started);
        _restUntil = ended + (rest < timings.RefreshInterval ? rest : timings.RefreshInterval);
        _nextListing = ended + timings.RefreshInterval;
    }

    private async Task<bool> CompareFeesAsync(CancellationToken cancellationToken)
    {
        var started = _clock.Elapsed;
        try
        {
            var isChanged = await policies.CompareFeesAsync(cancellationToken);
            var ended = _clock.Elapsed;
            var rest = ReportRest * (ended - started);
            _nextReport = ended + (rest > timings.PolicyPoll ? rest : timings.PolicyPoll);
            return isChanged;
        }
        catch (RpcException exception) when (LndErrors.IsPermissionDenied(exception))
        {
            _hasReports = false;
            _nextReport = TimeSpan.MaxValue;
            LogNoReports(MacaroonRights.FeeReport);
            return false;
        }
    }

    private static ulong NextPending(Protos.Lnrpc.Channel channel) => channel.PendingHtlcs
        .Where(static htlc => htlc.Incoming)
        .Select(static htlc => unchecked(htlc.HtlcIndex + 1))
        .DefaultIfEmpty()
        .Max();

    // LND looks each alias up in its graph: not at every listing, only where there are new peers.
    private void ReadAliases(ListChannelsResponse answer, bool hasAliases)
    {
        foreach (var channel in answer.Channels)
        {
            if (hasAliases)
            {
                _aliases[channel.RemotePubkey] = channel.PeerAlias;
            }
            else if (_aliases.TryGetValue(channel.RemotePubkey, out var alias))
            {
                channel.PeerAlias = alias;
            }
        }

        _hasUnknownPeers = answer.Channels.Any(channel => !_aliases.ContainsKey(channel.RemotePubkey));
    }

    private List<CommandId> TakeRequests()
    {
        var taken = new List<CommandId>();
        while (_requests.TryDequeue(out var command))
        {
            taken.Add(command);
        }

        return taken;
    }

    private void Complete(List<CommandId> commands, CommandOutcome outcome)
    {
        foreach (var command in commands)
        {
            events.PostConnected(new NodeEvent.Completed(command, outcome));
        }
    }

    [LoggerMessage(LogLevel.Warning, "The macaroon does not allow {Method}: fee changes are noticed at every listing only, by reading all policies.")]
    private partial void LogNoReports(string method);
}
