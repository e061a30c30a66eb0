using System.Text.Json;

namespace Eddy.Simulator.Tests.Recorded;

/// <summary>One file of <c>Vectors</c>: what a real LND was asked and what it did.</summary>
internal sealed class RecordedExperiment
{
    private RecordedExperiment(string path)
    {
        Name = System.IO.Path.GetFileNameWithoutExtension(path);
        Root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        Events = [.. Root.GetProperty("events").EnumerateArray()];
    }

    public string Name { get; }

    public JsonElement Root { get; }

    public IReadOnlyList<JsonElement> Events { get; }

    /// <summary>As in the file: <c>0.20.3-beta</c>.</summary>
    public string Lnd => Root.GetProperty("lnd").GetString()!;

    /// <summary>The chain's height, by the recordings' usual 80 blocks and 3 spare ones for the last HTLC of a route.</summary>
    public uint Height => Calls("SendToRouteV2").FirstOrDefault() is { ValueKind: JsonValueKind.Object } send
        ? send.GetProperty("request").GetProperty("route").GetProperty("hops").EnumerateArray().Last().GetProperty("expiry").GetUInt32() - 83
        : 575;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Vectors");

    /// <param name="name">Folder and name without extension: <c>lnd/a_no_interceptor</c>.</param>
    public static RecordedExperiment Load(string name) => new(Path.Combine(Folder, $"{name}.json"));

    public static bool Exists(string name) => File.Exists(Path.Combine(Folder, $"{name}.json"));

    public static IEnumerable<RecordedExperiment> All() =>
        Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => new RecordedExperiment(path));

    public IEnumerable<JsonElement> Calls(string rpc) => Events.Where(entry => Rpc(entry) == rpc);

    /// <summary>The node an HTLC on this channel arrived at.</summary>
    public char? WhoReceivesOver(string channel)
    {
        foreach (var entry in Events)
        {
            var isArrival = Rpc(entry) switch
            {
                "SubscribeHtlcEvents" => entry.GetProperty("event").GetProperty("incoming_channel_id").GetString() == channel,
                "HtlcInterceptor" when entry.TryGetProperty("received", out var received) =>
                    received.GetProperty("incoming_circuit_key").GetProperty("chan_id").GetString() == channel,
                _ => false,
            };
            if (isArrival)
            {
                return Node(entry);
            }
        }

        return null;
    }

    /// <summary>The node whose invoice has this payment hash.</summary>
    public char? WhoMade(string hash)
    {
        foreach (var entry in Events)
        {
            var made = Rpc(entry) switch
            {
                "AddInvoice" => entry.GetProperty("response").GetProperty("r_hash").GetString(),
                "AddHoldInvoice" => entry.GetProperty("request").GetProperty("hash").GetString(),
                _ => null,
            };
            if (made == hash)
            {
                return Node(entry);
            }
        }

        return null;
    }

    public static string Rpc(JsonElement entry) => entry.TryGetProperty("rpc", out var rpc) ? rpc.GetString() ?? "" : "";

    public static char Node(JsonElement entry) => entry.GetProperty("node").GetString()![0];
}
