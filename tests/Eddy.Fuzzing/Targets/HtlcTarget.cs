using System.Security.Cryptography;
using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Wire;
using Eddy.Forwarding;
using Eddy.Fuzzing.Mutation;
using Eddy.Lightning;
using Eddy.Lnd.Interception;
using Eddy.Protos.Routerrpc;
using Eddy.Rings;
using Google.Protobuf;
using CoreKey = Eddy.Lightning.CircuitKey;

namespace Eddy.Fuzzing.Targets;

/// <summary>
/// HTLCs that LND offers while a waiver lives. What may be waived is said here a second time, from the bytes as they came, without any of the
/// product's code. Fields of the input are the requests.
/// </summary>
internal sealed class HtlcTarget : FuzzTarget
{
    private const int Request = 1;
    private const int BlockFound = 2;
    private const int TimePasses = 3;
    private const int MostSteps = 24;
    private const ulong IncomingChannel = 700_000UL << 40;
    private const ulong OtherChannel = 700_001UL << 40;
    private const ulong OutgoingChannel = 700_002UL << 40;
    private const ulong OutgoingAlias = 16_000_001UL << 40;
    private const ulong ClosedChannel = 700_003UL << 40;
    private const long Least = 50_000_000;
    private const long Most = 1_000_000_000;
    private const uint MaxLock = 800;
    private const uint FirstHeight = 850_000;
    private const long BaseFee = 1_000;
    private const long FeeRate = 250;
    private const long FeeCap = 260_000;

    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(60);
    private static readonly byte[] Hash = Samples.Hash(3).ToArray();

    private static readonly Waiver Live = new(
        new RingId(Samples.Hash(2)), new PaymentHash(new Bytes32(Hash)), Samples.Record.Hash(), new(Least), new(Most), Samples.Hostile, new(OutgoingChannel),
        [new(OutgoingChannel), new(OutgoingAlias)], Samples.Honest, MaxLock, new(FeeCap), Noon + Ttl);

    private static readonly ForwardingView View = ForwardingView.Empty
        .WithChannels([Open(IncomingChannel, Samples.Hostile), Open(OtherChannel, Samples.Sybil), Open(OutgoingChannel, Samples.Honest), Open(ClosedChannel, Samples.Hostile)])
        .WithChannels([Open(IncomingChannel, Samples.Hostile), Open(OtherChannel, Samples.Sybil), Open(OutgoingChannel, Samples.Honest)])
        .WithHeight(FirstHeight)
        .WithWaivers([Live]);

    public override string Name => "htlc";

    public override string What => "intercepted HTLCs under a live waiver: waived once, and only what keeps every rule; silence only for what is on chain";

    public override bool IsProtobuf => true;

    public override AllocationBound Bound => new(256_000, 128);

    public override IEnumerable<byte[]> Seeds()
    {
        yield return Samples.Steps((Request, Good().ToByteArray()), (Request, Good().ToByteArray()));
        var alias = Good();
        alias.OutgoingRequestedChanId = OutgoingAlias;
        alias.AutoFailHeight = 0;
        var late = Good();
        late.IncomingCircuitKey.HtlcId = 8;
        yield return Samples.Steps((Request, alias.ToByteArray()), (BlockFound, 3), (TimePasses, 10), (Request, late.ToByteArray()), (TimePasses, 100));
        var closed = Good();
        closed.IncomingCircuitKey.ChanId = ClosedChannel;
        var other = Good();
        other.IncomingCircuitKey.ChanId = OtherChannel;
        other.OutgoingRequestedNodeId = ByteString.CopyFrom(Samples.Honest.ToArray());
        yield return Samples.Steps((Request, closed.ToByteArray()), (Request, other.ToByteArray()), (Request, new ForwardHtlcInterceptRequest().ToByteArray()));
    }

    public override int Execute(byte[] input)
    {
        var clock = new FuzzClock { Now = Noon };
        var store = new InMemoryStore();
        var gate = new HtlcGate(store, new NoInbox(), clock);
        var view = View;
        gate.Open([], view);
        var height = FirstHeight;
        var touched = new HashSet<(ulong Channel, ulong Htlc)>();
        var isUsed = false;
        var outcome = 0;
        foreach (var (number, value, bytes) in ProtobufFields.ReadSteps(input).Take(MostSteps))
        {
            switch (number)
            {
                case BlockFound:
                    // Fewer than a used key is remembered for.
                    height = Math.Min(FirstHeight + 1_500, height + (uint)Math.Min(value, 1_500));
                    view = view.WithHeight(height);
                    gate.Publish(view);
                    break;
                case TimePasses:
                    clock.Now += TimeSpan.FromSeconds(Math.Min(value, 100_000));
                    break;
                case Request when Parse(bytes) is { } request:
                    outcome |= Judge(gate, request, height, clock.Now, touched, ref isUsed);
                    break;
            }
        }

        return outcome;
    }

    /// <summary>As gRPC's reader does it: whatever the library throws ends the stream with a status.</summary>
    private static ForwardHtlcInterceptRequest? Parse(ReadOnlyMemory<byte> bytes) => WireParser.TryParse(ForwardHtlcInterceptRequest.Parser, bytes.Span, out _);

    /// <summary>As the interceptor's reader does it: no answer, resume what cannot be read, else ask the gate.</summary>
    private static int Judge(
        HtlcGate gate, ForwardHtlcInterceptRequest request, uint height, DateTimeOffset now, HashSet<(ulong Channel, ulong Htlc)> touched, ref bool isUsed)
    {
        var isOnChain = request.IncomingCircuitKey is null || request.AutoFailHeight == 0
            || (request.AutoFailHeight > 0 && request.AutoFailHeight >= (long)request.IncomingExpiry);
        Check.Same(isOnChain, OfferedHtlc.IsUnanswerable(request), "on chain");
        if (isOnChain)
        {
            return 1;
        }

        var key = (request.IncomingCircuitKey!.ChanId, request.IncomingCircuitKey.HtlcId);
        var may = !isUsed && !touched.Contains(key) && MayWaive(request, height, now);
        var carriesSecret = IsRings(request);
        if (!OfferedHtlc.TryRead(request, out var htlc))
        {
            Check.That(!may, "What should be waived cannot be read.");
            return 2;
        }

        var verdict = gate.Judge(in htlc);
        switch (verdict.Action)
        {
            case HtlcAction.Waive:
                Check.That(may, $"Waived against the rules: {request}");
                var fee = BaseFee + ((long)request.OutgoingAmountMsat * FeeRate / 1_000_000);
                Check.Same((long)request.OutgoingAmountMsat + fee, verdict.InAmount.Value, "claimed amount");
                Check.That(verdict.Binding is { } binding && binding.Key == new CoreKey(new(key.ChanId), key.HtlcId) && binding.WaivedFee.Value == fee, "A waiver without its binding.");
                var answer = OfferedHtlc.Waive(request.IncomingCircuitKey, verdict.InAmount);
                Check.That(answer.OutAmountMsat == 0 && answer.InAmountMsat == (ulong)verdict.InAmount.Value, "An answer that changes what goes out.");
                Check.That(gate.TryBind(verdict.Binding!), "A first binding that cannot be saved.");
                isUsed = true;
                touched.Add(key);
                return 4;
            case HtlcAction.Resume:
                // A fee is asked of every amount here, so that nothing passes for free.
                Check.That(verdict.Binding is null, "A free passage.");
                Check.That(!may, $"Not waived, although nothing stands against it: {request}");
                if (carriesSecret)
                {
                    touched.Add(key);
                }

                return 8;
            default:
                Check.That(key.ChanId == ClosedChannel, "Silence for an HTLC that is off chain.");
                return 16;
        }
    }

    private static bool IsRings(ForwardHtlcInterceptRequest request) =>
        request.PaymentHash.Span.SequenceEqual(Hash)
        && request.CustomRecords.TryGetValue(65_536 + 60_881, out var record)
        && record.Length == 32
        && SHA256.HashData(record.Span).AsSpan().SequenceEqual(Samples.Record.Hash().ToArray());

    private static bool MayWaive(ForwardHtlcInterceptRequest request, uint height, DateTimeOffset now) =>
        IsRings(request)
        && now < Noon + Ttl
        && request.IncomingCircuitKey.ChanId == IncomingChannel
        && request.OutgoingRequestedChanId is OutgoingChannel or OutgoingAlias
        && request.OutgoingRequestedNodeId.IsEmpty
        && request.IncomingAmountMsat == request.OutgoingAmountMsat
        && request.IncomingAmountMsat is >= Least and <= Most
        && request.IncomingExpiry > height
        && request.IncomingExpiry <= (ulong)height + MaxLock
        && BaseFee + ((long)request.OutgoingAmountMsat * FeeRate / 1_000_000) <= FeeCap;

    private static ForwardHtlcInterceptRequest Good() => new()
    {
        IncomingCircuitKey = new Protos.Routerrpc.CircuitKey { ChanId = IncomingChannel, HtlcId = 7 },
        IncomingAmountMsat = 100_000_000,
        IncomingExpiry = FirstHeight + 200,
        PaymentHash = ByteString.CopyFrom(Hash),
        OutgoingRequestedChanId = OutgoingChannel,
        OutgoingAmountMsat = 100_000_000,
        OutgoingExpiry = FirstHeight + 120,
        AutoFailHeight = (int)FirstHeight + 180,
        CustomRecords = { [InterceptedHtlc.RecordType] = ByteString.CopyFrom(Samples.Record.ToArray()) },
    };

    private static Lightning.Channel Open(ulong id, NodeId peer) => new()
    {
        Id = new(id),
        ChannelPoint = $"{id}:0",
        Peer = peer,
        Capacity = MilliSatoshi.FromSatoshi(10_000_000),
        Local = MilliSatoshi.FromSatoshi(5_000_000),
        Remote = MilliSatoshi.FromSatoshi(5_000_000),
        Spendable = MilliSatoshi.FromSatoshi(4_800_000),
        Receivable = MilliSatoshi.FromSatoshi(4_800_000),
        IsActive = true,
        Policy = new(BaseFee, FeeRate, 80, new(1_000), new(990_000_000)),
        PeerPolicy = new(BaseFee, FeeRate, 80, new(1_000), new(990_000_000)),
    };

    private sealed class NoInbox : IEngineInbox
    {
        public void Post(NodeEvent nodeEvent)
        {
        }
    }
}
