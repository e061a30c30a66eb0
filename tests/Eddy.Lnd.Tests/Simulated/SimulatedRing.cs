using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Lnd.Tests.Scripted;
using Eddy.Rings;
using Eddy.Simulator;
using Eddy.Simulator.Grpc;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Lnd.Tests.Simulated;

/// <summary>
/// A simulated ring A -> B -> C -> D -> A in real time, LND's gRPC API on every node, and an adapter beside each one that holds nothing
/// but a macaroon with the least rights.
/// </summary>
internal sealed class SimulatedRing : IAsyncDisposable
{
    private const string Names = "ABCD";

    private static readonly RoutingPolicy OpenerPolicy = new(1_000, 500, 80, new(1_000), MilliSatoshi.FromSatoshi(4_950_000));
    private static readonly RoutingPolicy PeerPolicy = new(2_000, 100, 40, new(1_000), MilliSatoshi.FromSatoshi(4_950_000), -500, 150);

    private readonly string _folder = Directory.CreateTempSubdirectory("eddy-ring-").FullName;

    private SimulatedRing(SimulatedNetwork network)
    {
        Network = network;
        Pump = new(network);
    }

    public SimulatedNetwork Network { get; }

    public RealTimePump Pump { get; }

    public IReadOnlyList<Member> Members { get; private set; } = [];

    public Member A => Members[0];

    public Member B => Members[1];

    public Member C => Members[2];

    public Member D => Members[3];

    public static async Task<SimulatedRing> StartAsync(Simulator.LndVersion? version = null, Func<LndOptions, LndOptions>? options = null)
    {
        var network = new SimulatedNetwork(new()
        {
            LinkLatency = TimeSpan.FromMilliseconds(2),
            StartHeight = 575,
            ReconnectDelay = TimeSpan.FromMilliseconds(200),
        });
        foreach (var name in Names)
        {
            network.AddNode(new() { Alias = name.ToString(), Version = version ?? Simulator.LndVersion.V0203 });
        }

        for (var i = 0; i < Names.Length; i++)
        {
            network.OpenChannel(network.Nodes[i], network.Nodes[(i + 1) % Names.Length], new()
            {
                Capacity = MilliSatoshi.FromSatoshi(5_000_000),
                OpenerBalance = MilliSatoshi.FromSatoshi(4_000_000),
                OpenerPolicy = OpenerPolicy,
                PeerPolicy = PeerPolicy,
            });
        }

        network.RunUntilIdle();
        var ring = new SimulatedRing(network);
        var members = new List<Member>();
        foreach (var node in network.Nodes)
        {
            var lnd = await SimulatedLnd.StartAsync(ring.Pump, node, new() { Directory = Path.Combine(ring._folder, node.Alias) });
            members.Add(new Member(lnd, options));
        }

        ring.Members = members;
        return ring;
    }

    /// <summary>Starts these adapters and waits until they are connected and their interceptors stand.</summary>
    public static async Task ConnectAsync(params IEnumerable<Member> members)
    {
        foreach (var member in members)
        {
            member.Adapter.Start(member.Gate);
        }

        foreach (var member in members)
        {
            await member.Inbox.WaitForAsync<NodeEvent.ChannelsListed>();
            await member.Inbox.WaitForAsync<NodeEvent.InterceptorChanged>(changed => changed.State == InterceptorState.Up);
        }
    }

    /// <summary>The route A -> B -> C -> D -> A without any fee.</summary>
    public PaymentRoute Route(MilliSatoshi amount, CommandOutcome.InvoiceAdded invoice, uint height)
    {
        // From the end: what a node sends on expires its own delta before what it receives.
        var hops = new PaymentHop[Members.Count];
        var expiry = height + invoice.FinalCltv + 3;
        for (var hop = Members.Count - 1; hop >= 0; hop--)
        {
            var (from, to) = (Members[hop], Members[(hop + 1) % Members.Count]);
            var channel = from.ChannelTo(to.Id);
            var sendsOn = hop == Members.Count - 1 ? expiry : hops[hop + 1].Expiry;
            if (hop < Members.Count - 2)
            {
                sendsOn += Members[hop + 2].ChannelTo(Members[(hop + 3) % Members.Count].Id).Policy!.CltvDelta;
            }

            hops[hop] = new(channel.Id, to.Id, amount, sendsOn, default);
        }

        return new(hops[0].Expiry + Members[1].ChannelTo(Members[2].Id).Policy!.CltvDelta, amount, invoice.PaymentAddress, [.. hops]);
    }

    public Task<ImmutableArray<MilliSatoshi>> WealthAsync() =>
        Pump.InvokeAsync(network => network.Nodes.Select(node => node.Wealth).ToImmutableArray());

    public async ValueTask DisposeAsync()
    {
        foreach (var member in Members)
        {
            await member.DisposeAsync();
        }

        await Pump.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A node, its API and the adapter beside it.</summary>
    internal sealed class Member : IAsyncDisposable
    {
        private long _lastCommand;

        public Member(SimulatedLnd lnd, Func<LndOptions, LndOptions>? options)
        {
            Lnd = lnd;
            MacaroonPath = Path.Combine(lnd.LndDir, "eddy.macaroon");
            Bake(MacaroonRights.All.Select(right => right.Method));
            var fast = new LndOptions
            {
                Host = lnd.Address,
                TlsCertPath = lnd.CertificatePath,
                MacaroonPath = MacaroonPath,
                Network = "regtest",
                Timings = new LndTimings
                {
                    MinBackoff = TimeSpan.FromMilliseconds(50),
                    MaxBackoff = TimeSpan.FromMilliseconds(500),
                    StatePoll = TimeSpan.FromMilliseconds(50),
                    RefreshDelay = TimeSpan.FromMilliseconds(20),
                    PolicyPoll = TimeSpan.FromMilliseconds(200),
                    HeightPoll = TimeSpan.FromMilliseconds(200),
                    InterceptorSettle = TimeSpan.FromMilliseconds(300),
                    InterceptorRetry = TimeSpan.FromMilliseconds(300),
                    NoRecordPeriod = TimeSpan.FromSeconds(2),
                },
            };
            Options = options?.Invoke(fast) ?? fast;
            Adapter = new LndNode(Options, Inbox, NullLoggerFactory.Instance);
        }

        public SimulatedLnd Lnd { get; }

        public LndOptions Options { get; }

        public string MacaroonPath { get; }

        public TestInbox Inbox { get; } = new();

        public TestGate Gate { get; } = new();

        public LndNode Adapter { get; }

        public NodeId Id => Lnd.Node.Id;

        public void Bake(IEnumerable<string> methods) => File.WriteAllBytes(
            MacaroonPath, Lnd.Bakery.Bake([.. methods.Select(method => new MacaroonOp(MacaroonOp.UriEntity, method))]).ToBytes());

        public Channel ChannelTo(NodeId peer) =>
            Inbox.Events.OfType<NodeEvent.ChannelsListed>().Last().Channels.Single(channel => channel.Peer == peer);

        /// <summary>Waives the fee of every HTLC with this hash, by the policies the adapter listed.</summary>
        public void WaiveFor(PaymentHash hash) => Gate.OnJudge = htlc =>
        {
            if (htlc.Hash != hash)
            {
                return HtlcVerdict.Resume;
            }

            var channels = Inbox.Events.OfType<NodeEvent.ChannelsListed>().Last().Channels;
            var incoming = channels.Single(channel => channel.Id == htlc.Key.Channel);
            var outgoing = channels.Single(channel => channel.IsNamedBy(htlc.RequestedChannel));
            var fee = RoutingPolicy.ExpectedFee(incoming.Policy!, outgoing.Policy!, htlc.OutgoingAmount);
            return new(
                HtlcAction.Waive,
                htlc.OutgoingAmount + fee,
                new WaiverBinding(new RingId(hash.Value), hash, htlc.Key, outgoing.Id, htlc.OutgoingAmount, fee, htlc.IncomingExpiry));
        };

        public async Task<T> RunAsync<T>(Func<CommandId, NodeCommand> command)
            where T : CommandOutcome => await Inbox.OutcomeAsync<T>(Execute(command));

        public CommandId Execute(Func<CommandId, NodeCommand> command)
        {
            var id = new CommandId(Interlocked.Increment(ref _lastCommand));
            Adapter.Execute(command(id));
            return id;
        }

        public CommandId Send(NodeId peer, byte[] payload)
        {
            var id = new CommandId(Interlocked.Increment(ref _lastCommand));
            Adapter.Send(id, peer, payload);
            return id;
        }

        public async ValueTask DisposeAsync()
        {
            await Adapter.DisposeAsync();
            await Lnd.DisposeAsync();
        }
    }
}
