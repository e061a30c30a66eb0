using Eddy.Engine.Timers;
using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Google.Protobuf;

namespace Eddy.Engine.Greetings;

/// <summary>Finds out which peers run eddy: says hello to those with a channel, and has nothing to do with the others.</summary>
internal sealed class Greeter(EngineContext context, PeerTable peers)
{
    public const uint LeastVersion = WireEncoder.Version;
    public const uint GreatestVersion = WireEncoder.Version;

    private const int MaxAgentLength = 64;

    /// <summary>Nothing relies on delivery, so an unanswered hello is repeated a few times, ever more rarely.</summary>
    private static readonly TimeSpan[] Repeats = [TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)];

    private static readonly TimeSpan AnswerFloor = TimeSpan.FromSeconds(1);

    private readonly HashSet<NodeId> _channelPeers = [];
    private bool _hasListed;

    /// <summary>Drawn for this start of ours.</summary>
    private readonly ulong _run = unchecked((ulong)context.Ports.Random.NextInt64(long.MaxValue)) + 1;

    /// <summary>Called with a peer that became an eddy peer on this connection, and whether it knows nothing of what was said before.</summary>
    public Action<PeerState, bool> Met { get; set; } = static (_, _) => { };

    /// <summary>Called with a peer whose flags changed.</summary>
    public Action<PeerState> Changed { get; set; } = static _ => { };

    /// <summary>Peers with a channel; null before the channels are listed.</summary>
    public IReadOnlySet<NodeId>? ChannelPeers => _hasListed ? _channelPeers : null;

    public bool HasChannelWith(NodeId peer) => _channelPeers.Contains(peer);

    /// <summary>A peer without a channel with us; nobody is one before the channels are listed.</summary>
    public bool IsStranger(NodeId peer) => _hasListed && !_channelPeers.Contains(peer);

    public void OnChannels()
    {
        _hasListed = true;
        _channelPeers.Clear();
        foreach (var channel in context.Channels)
        {
            if (_channelPeers.Add(channel.Peer) && peers.Find(channel.Peer) is { IsOnline: true, IsEddy: false, HellosSent: 0 } peer)
            {
                SayHello(peer);
            }
        }

        peers.Trim(_channelPeers);
    }

    public void OnPeersListed(IEnumerable<NodeId> online)
    {
        var now = online.ToHashSet();
        foreach (var peer in peers.All.Where(peer => peer.IsOnline && !now.Contains(peer.Id)).ToArray())
        {
            OnOffline(peer.Id);
        }

        foreach (var id in now.Where(id => peers.Find(id) is not { IsOnline: true }).Order())
        {
            OnOnline(id);
        }
    }

    /// <summary>A new connection: whatever the peer ran before, it may run something else now.</summary>
    public void OnOnline(NodeId id)
    {
        var peer = peers.Add(id);
        peer.IsOnline = true;
        peer.Version = 0;
        peer.HellosSent = 0;
        peer.Told = null;
        peer.LastAnswer = DateTimeOffset.MinValue;
        if (_channelPeers.Contains(id))
        {
            SayHello(peer);
        }
    }

    public void OnOffline(NodeId id)
    {
        if (peers.Find(id) is { } peer)
        {
            peer.LastSeen = peer.IsOnline ? context.Now : peer.LastSeen;
            peer.AwaySince = peer.IsOnline ? context.Now : peer.AwaySince;
            peer.IsOnline = false;
            context.Timers.Cancel(new EngineTimer(TimerKind.RepeatHello, id));
        }
    }

    public void OnLndLost()
    {
        foreach (var peer in peers.All.ToArray())
        {
            OnOffline(peer.Id);
        }
    }

    /// <summary>Tells the eddy peers that what we can do has changed.</summary>
    public void OnFlagsChanged()
    {
        foreach (var peer in peers.EddyPeers.Where(peer => !IsStranger(peer.Id)))
        {
            Send(peer, isReply: true);
        }
    }

    /// <summary>It was muted, and what it said meanwhile was not heard: maybe that it runs eddy.</summary>
    public void OnHeardAgain(PeerState peer)
    {
        if (peer is { IsOnline: true, IsEddy: false } && _channelPeers.Contains(peer.Id))
        {
            peer.HellosSent = 0;
            SayHello(peer);
        }
    }

    /// <summary>Nothing came of it for long: its eddy may have ended while its LND goes on. Where it has not, it answers.</summary>
    public void OnSilence(PeerState peer)
    {
        peer.Version = 0;
        peer.HellosSent = 0;
        SayHello(peer);
    }

    public void OnRepeatDue(NodeId id)
    {
        if (peers.Find(id) is { IsOnline: true, IsEddy: false } peer && _channelPeers.Contains(id))
        {
            SayHello(peer);
        }
    }

    public void OnHello(PeerState peer, Hello hello)
    {
        peer.LastSeen = context.Now;
        if (!IsSameChain(hello))
        {
            peer.Version = 0;
            peer.Note = "It runs eddy on another network.";
            return;
        }

        var version = Math.Min(hello.MaxVersion, GreatestVersion);
        if (version < LeastVersion || version < hello.MinVersion)
        {
            peer.Version = 0;
            peer.Note = $"It speaks versions {hello.MinVersion} to {hello.MaxVersion} of the protocol, we speak {LeastVersion} to {GreatestVersion}.";
            Answer(peer, hello);
            return;
        }

        var wasKnown = peer.IsEddy;
        var hasChanged = peer.CanInitiate != hello.CanInitiate || peer.CanWaive != hello.CanWaive;
        peer.Version = version;
        peer.WasEddy = true;
        peer.Note = "";
        peer.Agent = Printable(hello.Agent);
        peer.CanInitiate = hello.CanInitiate;
        peer.CanWaive = hello.CanWaive;
        context.Timers.Cancel(new EngineTimer(TimerKind.RepeatHello, peer.Id));
        Answer(peer, hello);
        if (peer.Told != (context.CanInitiate, context.CanWaive))
        {
            Send(peer, isReply: true);
        }

        // A hello that asks for an answer opens a connection or a daemon: it has to hear our adverts again.
        if (!wasKnown || !hello.IsReply)
        {
            var isAnew = peer.Run != hello.Run || hello.Run == 0;
            peer.Run = hello.Run;
            Met(peer, isAnew);
        }
        else if (hasChanged)
        {
            Changed(peer);
        }
    }

    private static string Printable(string agent)
    {
        var text = agent.Length > MaxAgentLength ? agent[..MaxAgentLength] : agent;
        return string.Concat(text.Where(static letter => letter is >= ' ' and <= '~'));
    }

    private void Answer(PeerState peer, Hello hello)
    {
        if (!hello.IsReply && context.Now - peer.LastAnswer >= AnswerFloor)
        {
            peer.LastAnswer = context.Now;
            Send(peer, isReply: true);
        }
    }

    private void SayHello(PeerState peer)
    {
        if (peer.HellosSent < Repeats.Length)
        {
            context.Timers.Set(new EngineTimer(TimerKind.RepeatHello, peer.Id), context.Now + context.Jittered(Repeats[peer.HellosSent]));
        }

        peer.HellosSent++;
        Send(peer, isReply: false);
    }

    private bool IsSameChain(Hello hello) =>
        context.Node is { } node && Bytes32.TryFrom(hello.Chain.Span, out var chain) && chain == node.Chain;

    private void Send(PeerState peer, bool isReply)
    {
        if (context.Node is not { } node)
        {
            return;
        }

        peer.Told = (context.CanInitiate, context.CanWaive);
        context.Send(peer.Id, WireEncoder.Encode(new Hello
        {
            MinVersion = LeastVersion,
            MaxVersion = GreatestVersion,
            Chain = ByteString.CopyFrom(node.Chain.ToArray()),
            CanInitiate = context.CanInitiate,
            CanWaive = context.CanWaive,
            IsReply = isReply,
            Agent = context.Options.Agent,
            Run = _run,
        }));
    }
}
