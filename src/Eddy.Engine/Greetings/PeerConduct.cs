using System.Collections.Frozen;
using Eddy.Engine.Liquidity;
using Eddy.Engine.Timers;
using Eddy.Gossip;
using Eddy.Lightning;
using Microsoft.Extensions.Logging;

namespace Eddy.Engine.Greetings;

/// <summary>
/// Who sends what no honest and up-to-date peer sends. A few faults are forgiven with time; more than that, and nothing of the peer is looked
/// at for a while, each time for longer. Mutes are saved, so that a restart of ours is no pardon.
/// </summary>
internal sealed partial class PeerConduct(EngineContext context, PeerTable peers, Greeter greeter, BackOffs backOffs)
{
    /// <summary>A signature that does not fit has cost us a millisecond.</summary>
    public const int BadSignature = 3;

    /// <summary>So many faults at once, and one more each minute, are borne.</summary>
    private static readonly TokenRate Patience = new(10, 1.0 / 60);

    /// <summary>Messages beyond its allowance that count as one fault.</summary>
    private const int Flood = 250;

    /// <summary>One line about a peer that is not muted yet in this time.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    private readonly ILogger _logger = context.Ports.Logger;
    private FrozenSet<NodeId>? _listenedTo;
    private bool _isStale = true;

    /// <summary>Called with a peer that is muted from now on, or not any more.</summary>
    public Action<PeerState> Changed { get; set; } = static _ => { };

    /// <summary>Peers with a channel that are not muted; null before the channels are known.</summary>
    public IReadOnlySet<NodeId>? ListenedTo
    {
        get
        {
            if (_isStale)
            {
                _isStale = false;
                _listenedTo = greeter.ChannelPeers?.Where(peer => !IsMuted(peer)).ToFrozenSet();
            }

            return _listenedTo;
        }
    }

    public bool IsMuted(NodeId peer) => backOffs.MutedUntil(peer) is not null;

    /// <summary>Until when, where it is muted.</summary>
    public DateTimeOffset? MutedUntil(NodeId peer) => backOffs.MutedUntil(peer);

    /// <summary>Of an earlier run.</summary>
    public void Load()
    {
        foreach (var (peer, until) in backOffs.Muted)
        {
            context.Timers.Set(new EngineTimer(TimerKind.MuteOver, peer), until);
        }
    }

    public void OnChannels() => _isStale = true;

    /// <param name="weight">How many faults it counts for.</param>
    public void OnFault(PeerState peer, string fault, int weight = 1)
    {
        if (IsMuted(peer.Id))
        {
            return;
        }

        peer.Faults++;
        context.Ports.Watch.PeerAtFault();
        peer.LastFault = fault;
        if (peer.Conduct.TryTake(Patience, context.Now, weight, out var left))
        {
            peer.Conduct = left;
            if (context.Now - peer.LastComplaint >= Quiet)
            {
                peer.LastComplaint = context.Now;
                LogFault(peer.Id, peer.Faults, fault);
            }

            return;
        }

        Mute(peer);
    }

    /// <summary>A message beyond the allowance of its peer: dropped unread.</summary>
    public void OnFlood(PeerState peer)
    {
        if (peer.Allowance.Dropped % Flood == 0)
        {
            OnFault(peer, "It sends more messages than anybody needs to.");
        }
    }

    public void OnMuteOver(NodeId id)
    {
        _isStale = true;
        if (IsMuted(id))
        {
            context.Timers.Set(new EngineTimer(TimerKind.MuteOver, id), backOffs.MutedUntil(id)!.Value);
        }
        else if (peers.Find(id) is { } peer)
        {
            LogHeard(id);
            Changed(peer);
        }
    }

    /// <summary>As the owner wants it.</summary>
    public void Mute(PeerState peer, DateTimeOffset until)
    {
        backOffs.Mute(peer.Id, until);
        peer.LastFault = "The owner muted it.";
        _isStale = true;
        context.Timers.Set(new EngineTimer(TimerKind.MuteOver, peer.Id), until);
        Changed(peer);
    }

    /// <returns>Whether it was muted.</returns>
    public bool Unmute(NodeId id)
    {
        var wasMuted = backOffs.Unmute(id);
        if (wasMuted)
        {
            context.Timers.Cancel(new EngineTimer(TimerKind.MuteOver, id));
            OnMuteOver(id);
        }

        return wasMuted;
    }

    private void Mute(PeerState peer)
    {
        var until = backOffs.Mute(peer.Id);
        context.Ports.Watch.PeerMuted();
        peer.Conduct = default;
        _isStale = true;
        context.Timers.Set(new EngineTimer(TimerKind.MuteOver, peer.Id), until);
        LogMuted(peer.Id, until, peer.LastFault, peer.Faults);
        Changed(peer);
    }

    [LoggerMessage(LogLevel.Information, "Peer {Peer} sends what no honest peer sends ({Faults} times so far): {Fault}")]
    private partial void LogFault(NodeId peer, long faults, string fault);

    [LoggerMessage(LogLevel.Warning, "Peer {Peer} is muted until {Until:u}: {Fault} ({Faults} faults so far). To have nothing to do with it for good: deny={Peer} in [policy].")]
    private partial void LogMuted(NodeId peer, DateTimeOffset until, string fault, long faults);

    [LoggerMessage(LogLevel.Information, "Peer {Peer} is listened to again.")]
    private partial void LogHeard(NodeId peer);
}
