using System.Collections.Frozen;
using Google.Protobuf.Collections;
using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>Feature bits as LND shows them.</summary>
internal static class FeatureMessages
{
    /// <summary>What LND 0.18.5 to 0.21.2 put into init and node_announcement by default, as far as all four do.</summary>
    public static readonly int[] Node = [0, 5, 7, 8, 12, 14, 17, 19, 23, 25, 27, 31, 45, 47, 55, 2023];

    private static readonly FrozenDictionary<int, string> Names = new Dictionary<int, string>
    {
        [0] = "data-loss-protect",
        [4] = "upfront-shutdown-script",
        [6] = "gossip-queries",
        [8] = "tlv-onion",
        [12] = "static-remote-key",
        [14] = "payment-addr",
        [16] = "multi-path-payments",
        [18] = "wumbo-channels",
        [22] = "anchors-zero-fee-htlc-tx",
        [24] = "route-blinding",
        [26] = "shutdown-any-segwit",
        [30] = "amp",
        [44] = "explicit-commitment-type",
        [46] = "scid-alias",
        [54] = "keysend",
        [2022] = "script-enforced-lease",
    }.ToFrozenDictionary();

    public static void AddFeatures(this MapField<uint, Lnrpc.Feature> map, IEnumerable<int> bits)
    {
        foreach (var bit in bits)
        {
            var isKnown = Names.TryGetValue(bit & ~1, out var name);
            map.Add((uint)bit, new() { Name = name ?? "unknown", IsKnown = isKnown, IsRequired = bit % 2 == 0 });
        }
    }
}
