using System.Security.Cryptography;
using System.Text;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;
using Eddy.Tests.Api;
using Microsoft.Extensions.Logging;

namespace Eddy.Dashboard.Tests;

/// <summary>A made-up node with as many channels and rings as are asked for, that looks like one that has run for weeks.</summary>
internal static class Scenery
{
    private static readonly string[] Names =
    [
        "Blue Heron", "Nordlicht", "satsflow.de", "Kraken's Rest", "otter", "PeakRoute", "Fjordbank", "zap-o-matic", "Alpenglow", "Rook & Co", "tidepool", "Lantern",
        "Juniper Node", "Old Mill", "Marigold", "Copperhead", "windmill.lol", "Sextant", "Driftwood", "Bellwether",
    ];

    public static NodeId Self { get; } = Node("self");

    public static FakeDesk Desk(int channels = 14, int rings = 9, int past = 40)
    {
        var desk = new FakeDesk { View = View(channels, rings), Past = [.. Enumerable.Range(rings, past).Select(i => Ring(i, channels))], Guard = null };
        desk.Why = new(null, null,
        [
            new("not-proposer", "The best ring in reach, of 5 for 1,200,000 sat, belongs to another proposer.", "Nothing to be done: of all members the one with the lowest key proposes."),
            new("peer-limit", "Juniper Node has no more than 340,000 sat left of its limit of the day.", "Raise maxperpeerperday in [policy], or wait until midnight (UTC)."),
        ]);
        desk.History = first => [.. Enumerable.Range(0, DateOnly.FromDateTime(DateTime.UtcNow).DayNumber - first.DayNumber + 1).Select(i => Day(first.AddDays(i)))];
        var log = desk.Logs.CreateLogger("Eddy.Engine.EddyEngine");
        log.Log(LogLevel.Information, default, "eddy 0.1.0 runs; API at http://127.0.0.1:8735/, data in /home/lnd/.eddy.", null, static (text, _) => text);
        log.Log(LogLevel.Information, default, "Ring 4be1f0 of 5 for 1,500,000 sat settled in 2.4 s; nothing was paid for it.", null, static (text, _) => text);
        log.Log(LogLevel.Warning, default, "Windmill.lol is not listened to for ten minutes: eleven faults, the last a bad signature.", null, static (text, _) => text);
        log.Log(LogLevel.Information, default, "Ring 77c2aa: Sextant refused: one of its limits is reached.", null, static (text, _) => text);
        log.Log(LogLevel.Error, default, "The database could not be copied; the earlier copies stay: no space left on device", null, static (text, _) => text);
        return desk;
    }

    public static NodeId Node(string name) => NodeId.Parse("02" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name))));

    public static NodeId Peer(int i) => Node($"peer {i}");

    public static RingId RingIdOf(int i) => new(Bytes32.Parse(Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(i)))));

    public static RingView Ring(int i, int channels)
    {
        var now = DateTimeOffset.UtcNow;
        var outcome = (i % 7) switch { 1 => RingOutcome.Rejected, 3 => RingOutcome.Failed, 5 => RingOutcome.Cancelled, _ => RingOutcome.Settled };
        return Ring(i, channels, outcome, now.AddMinutes((-37 * i) - 3));
    }

    public static RingView Ring(int i, int channels, RingOutcome outcome, DateTimeOffset start, string? state = null)
    {
        var length = 3 + (i % 4);
        var isMember = i % 3 == 2;
        var others = Enumerable.Range(0, length - 1).Select(k => k is 0 ? Peer(i % channels) : k == length - 2 ? Peer((i + 3) % channels) : Far((i + k) % 10)).ToArray();
        NodeId[] nodes = isMember ? [others[0], Self, .. others[1..]] : [Self, .. others];
        var amount = 250_000L + (i * 7919L % 24 * 100_000L);
        var isFinal = outcome != RingOutcome.Unknown;
        var reason = outcome switch
        {
            RingOutcome.Rejected => $"member 2 ({nodes[2].ToShortString()}) refused: one of its limits is reached.",
            RingOutcome.Failed => $"The payment failed at member 1 ({nodes[1].ToShortString()}) with TemporaryChannelFailure; nobody has paid anything.",
            RingOutcome.Cancelled => "Cancelled by the operator.",
            RingOutcome.Settled => $"Settled: {amount:N0} sat came home, and nothing was paid for it.",
            _ => "",
        };
        RingStoryLine[] story =
        [
            new(start, $"Found a ring of {length} for {amount:N0} sat; asking LND to sign the proposal."),
            new(start.AddMilliseconds(38), $"Proposed to member 1 ({nodes[1].ToShortString()}); the proposal walks the ring."),
            .. outcome is RingOutcome.Rejected ? [] : new RingStoryLine[]
            {
                new(start.AddMilliseconds(910), $"All members agreed, some shrank the amount (member 2 ({nodes[2].ToShortString()}) to {amount:N0} sat); adding the invoice."),
                new(start.AddMilliseconds(985), $"The invoice stands; {amount:N0} sat left for member 1 ({nodes[1].ToShortString()})."),
            },
            .. isFinal ? [new RingStoryLine(start.AddMilliseconds(2_310), reason)] : Array.Empty<RingStoryLine>(),
        ];
        return new(
            RingIdOf(i),
            isMember ? "member" : "initiator",
            state ?? (isFinal ? outcome.ToString() : "Paying"),
            isFinal,
            outcome,
            MilliSatoshi.FromSatoshi(amount),
            default,
            isMember ? new MilliSatoshi(amount / 2) : default,
            [.. nodes.Select((node, k) => new RingHopView(k, node, null, MilliSatoshi.FromSatoshi(amount)))],
            outcome switch { RingOutcome.Rejected => 2, RingOutcome.Failed => 1, _ => null },
            reason,
            start,
            isFinal ? start.AddMilliseconds(2_310) : null,
            [.. story]);
    }

    public static ChannelView Channel(int i)
    {
        var capacity = (1 + (i * 31 % 9)) * 1_000_000L;
        var share = (i % 5) switch { 0 => 0.86, 1 => 0.47, 2 => 0.12, 3 => 0.58, _ => 0.31 + (i % 13 * 0.02) };
        var local = (long)(capacity * share);
        var target = i % 6 == 4 ? 0.3 : 0.5;
        var isEddy = IsEddy(i);
        var excess = share > target + 0.1 ? (long)((share - target) * capacity) / 10_000 * 10_000 : 0;
        var lack = share < target - 0.1 ? (long)((target - share) * capacity) / 10_000 * 10_000 : 0;
        return new(
            new Channel
            {
                Id = ShortChannelId.Parse($"{812_000 + (i * 137)}x{1 + (i * 7 % 2_000)}x{i % 3}"),
                ChannelPoint = new string('0', 64) + ":0",
                Peer = Peer(i),
                PeerAlias = Alias(i),
                Capacity = MilliSatoshi.FromSatoshi(capacity),
                Local = MilliSatoshi.FromSatoshi(local),
                Remote = MilliSatoshi.FromSatoshi(capacity - local),
                Spendable = MilliSatoshi.FromSatoshi(local),
                Receivable = MilliSatoshi.FromSatoshi(capacity - local),
                IsActive = i % 11 != 9,
                IsPrivate = i % 8 == 6,
            },
            target,
            0.1,
            i % 17 == 16,
            isEddy,
            isEddy ? excess : 0,
            isEddy && excess + lack == 0 ? 80_000 : 0,
            isEddy ? lack : 0,
            isEddy && excess + lack == 0 ? 120_000 : 0,
            default,
            default,
            MilliSatoshi.FromSatoshi(isEddy ? i * 213_000 % 4_000_000 : 0),
            MilliSatoshi.FromSatoshi(isEddy ? i * 157_000 % 3_000_000 : 0));
    }

    private static NodeId Far(int i) => Node($"far {i}");

    private static string Alias(int i) => i < Names.Length ? Names[i] : $"{Names[i % Names.Length]} {1 + (i / Names.Length)}";

    private static bool IsEddy(int i) => i % 4 != 3;

    private static EngineView View(int channels, int rings)
    {
        var now = DateTimeOffset.UtcNow;
        return new()
        {
            At = now,
            StartedAt = now.AddDays(-23),
            Node = new(Self, "Quiet Harbour", "mainnet", default, "0.20.3-beta", 912_345, 18),
            IsConnected = true,
            Interceptor = InterceptorState.Up,
            Height = 912_345,
            Channels = [.. Enumerable.Range(0, channels).Select(Channel)],
            Peers = [.. Enumerable.Range(0, channels).Select(i => PeerOf(i, now))],
            Adverts = [.. Enumerable.Range(0, Math.Min(channels, 30)).Where(IsEddy).Select(i => Advert(Peer(i), 1, PairsOfPeer(i, channels), now)), .. Enumerable.Range(0, 10).Select(i => Advert(Far(i), 2, PairsOfFar(i, channels), now))],
            Rings = [.. Enumerable.Range(0, rings).Select(i => Ring(i, channels))],
            Limits = new(1, 0, 8, 0, 20_000_000, 12_750_000, 5_000_000, 340_000, 10_000, 7_911),
            Totals = new(187, 41, 0, MilliSatoshi.FromSatoshi(214_300_000), new(61_842_500), new(133_907_250)),
            NextSearchAt = now.AddSeconds(21),
            LastSearch = "The best ring in reach belongs to another proposer.",
        };
    }

    private static PeerView PeerOf(int i, DateTimeOffset now) => new(
        Peer(i), Alias(i), i % 11 != 9, IsEddy(i) ? 1u : 0u, IsEddy(i) ? "eddy/0.1.0" : "", IsEddy(i), IsEddy(i) && i % 6 != 5, 1, now.AddMinutes(-i * 3),
        i == 4 ? now.AddMinutes(25) : null,
        IsEddy(i) ? "" : "It does not answer eddy's hello.",
        i == 8 ? 11 : 0,
        i == 8 ? "bad signature" : "",
        i == 8 ? now.AddMinutes(8) : null);

    private static AdvertView Advert(NodeId node, int hops, IEnumerable<IntentView> intents, DateTimeOffset now) =>
        new(node, 7, hops, Peer(0), true, true, now.AddHours(60), [.. intents]);

    private static IEnumerable<IntentView> PairsOfPeer(int i, int channels)
    {
        var ours = Channel(i);
        yield return new(Self, ours.WantIn > 0 ? ours.WantIn : 0, ours.WantIn + ours.MayIn + 50_000, ours.WantOut, ours.WantOut + ours.MayOut + 50_000);
        yield return i % 2 == 0 ? new(Far(i % 10), 400_000, 400_000, 0, 150_000) : new(Far(i % 10), 0, 100_000, 600_000, 600_000);
        if (i % 3 == 0)
        {
            yield return new(Far((i + 4) % 10), 0, 200_000, 300_000, 300_000);
        }
    }

    private static IEnumerable<IntentView> PairsOfFar(int i, int channels)
    {
        for (var k = 0; k < Math.Min(channels, 30); k++)
        {
            if (IsEddy(k) && (k % 10 == i || (k % 3 == 0 && (k + 4) % 10 == i)))
            {
                yield return k % 2 == 0 ? new(Peer(k), 0, 150_000, 700_000, 700_000) : new(Peer(k), 500_000, 500_000, 0, 100_000);
            }
        }
    }

    private static DayFigures Day(DateOnly day)
    {
        var settled = day.DayNumber * 7 % 11;
        return settled < 2
            ? DayFigures.None(day)
            : new(day, settled, day.DayNumber % 4, MilliSatoshi.FromSatoshi(settled * 1_150_000L), new(settled * 715_000L), new(settled * 331_000L + (day.DayNumber % 5 * 120_000L)));
    }
}
