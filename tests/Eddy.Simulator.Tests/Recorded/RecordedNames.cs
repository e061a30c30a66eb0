using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Eddy.Lightning;
using Eddy.Simulator.Tests.Grpc;

namespace Eddy.Simulator.Tests.Recorded;

/// <summary>Which of our keys, channels, hashes and HTLC ids stand for which recorded ones.</summary>
internal sealed partial class RecordedNames
{
    private readonly LndRig _rig;
    private readonly Dictionary<string, char> _nodes = [];
    private readonly Dictionary<ulong, (char From, char To)> _channels = [];
    private readonly Dictionary<string, string> _hashes = [];
    private readonly Dictionary<(ulong Channel, char Offerer, ulong Id), ulong> _htlcs = [];

    public RecordedNames(LndRig rig, RecordedExperiment experiment, IReadOnlyDictionary<string, char> knownNodes)
    {
        _rig = rig;
        foreach (var (key, name) in knownNodes)
        {
            _nodes[key] = name;
        }

        foreach (var send in experiment.Calls("SendToRouteV2"))
        {
            Learn(experiment, send);
        }
    }

    public IReadOnlyDictionary<string, char> Nodes => _nodes;

    public char NodeOf(string recordedKey) => _nodes[recordedKey];

    /// <summary>Our key for a recorded one; an unknown one stands for itself.</summary>
    public string Key(string recorded) => _nodes.TryGetValue(recorded, out var name) ? _rig.Lnd(name).Node.Id.ToString() : recorded;

    /// <summary>Our id for a recorded channel; 0 and unknown ones stand for themselves.</summary>
    public ulong Channel(ulong recorded) => _channels.TryGetValue(recorded, out var ends) ? End(ends).ChanId.Value : recorded;

    public string Hash(string recorded) => _hashes.GetValueOrDefault(recorded, recorded);

    public void LearnHash(string recorded, string ours) => _hashes[recorded] = ours;

    /// <summary>Our id for a recorded HTLC; null where nothing is known of it yet.</summary>
    public ulong? Htlc(ulong recordedChannel, char node, bool incoming, ulong recorded) =>
        _htlcs.TryGetValue((recordedChannel, Offerer(recordedChannel, node, incoming), recorded), out var ours) ? ours : null;

    /// <summary>Whether our id may stand for a recorded one: the first that does so is the one from then on.</summary>
    public bool IsHtlc(ulong recordedChannel, char node, bool incoming, ulong recorded, ulong ours)
    {
        var key = (recordedChannel, Offerer(recordedChannel, node, incoming), recorded);
        return _htlcs.TryGetValue(key, out var known) ? known == ours : _htlcs.TryAdd(key, ours);
    }

    /// <summary>A recorded error text with our channel and HTLC in it.</summary>
    public string Text(string recorded, char node) => CircuitText().Replace(recorded, match =>
    {
        var scid = ShortChannelId.Create(Number(match, 1), Number(match, 2), (ushort)Number(match, 3));
        var ours = new ShortChannelId(Channel(scid.Value));
        var id = ulong.Parse(match.Groups[4].Value, CultureInfo.InvariantCulture);
        return $"Chan ID={ours.Block}:{ours.Transaction}:{ours.Output}, HTLC ID={Htlc(scid.Value, node, incoming: true, id) ?? id}";
    });

    [GeneratedRegex(@"Chan ID=(\d+):(\d+):(\d+), HTLC ID=(\d+)")]
    private static partial Regex CircuitText();

    private static uint Number(Match match, int group) => uint.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private ChannelEnd End((char From, char To) ends) =>
        _rig.Lnd(ends.From).Node.Channels.First(end => end.Peer.Node == _rig.Lnd(ends.To).Node);

    private char Offerer(ulong recordedChannel, char node, bool incoming)
    {
        if (!_channels.TryGetValue(recordedChannel, out var ends))
        {
            return '?';
        }

        var other = ends.From == node ? ends.To : ends.From;
        return incoming ? other : node;
    }

    /// <summary>A route's hops: the name of each node is that of whoever saw something come in there, or of whoever made the invoice.</summary>
    private void Learn(RecordedExperiment experiment, JsonElement send)
    {
        var from = send.GetProperty("node").GetString()![0];
        var hops = send.GetProperty("request").GetProperty("route").GetProperty("hops").EnumerateArray().ToList();
        for (var i = 0; i < hops.Count; i++)
        {
            var key = hops[i].GetProperty("pub_key").GetString()!;
            var channel = hops[i].GetProperty("chan_id").GetString()!;
            if (!_nodes.TryGetValue(key, out var name))
            {
                var seen = experiment.WhoReceivesOver(channel);
                if (seen is null && i == hops.Count - 1)
                {
                    seen = experiment.WhoMade(send.GetProperty("request").GetProperty("payment_hash").GetString()!);
                }

                // What nobody saw lies further round the ring.
                name = seen ?? LndRig.Names[(LndRig.Names.IndexOf(from, StringComparison.Ordinal) + 1) % LndRig.Names.Length];
                _nodes.Add(key, name);
            }

            _channels.TryAdd(ulong.Parse(channel, CultureInfo.InvariantCulture), (from, name));
            from = name;
        }
    }
}
