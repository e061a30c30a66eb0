using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Eddy.Lightning;

namespace Eddy.Benchmarks.Micro;

/// <summary>A mainnet snapshot (<c>lncli describegraph</c>) and balances for it, gzipped, in <c>shared/data</c> beside the checkout.</summary>
internal static class GraphFiles
{
    public const string Graph = "mainnet-graph.json.gz";
    private const string Balances = "balances-bimodal.csv.gz";

    public const string Missing = $"No {Graph} with {Balances} in a directory shared/data here or above: the mainnet graph is left out.";

    /// <summary>The files named, or those in the standard place; null where there are none.</summary>
    public static (string Graph, string Balances)? Find(string? graph, string? balances) =>
        graph is not null && balances is not null ? (graph, balances)
        : Find() is { } directory ? (Path.Combine(directory, Graph), Path.Combine(directory, Balances))
        : null;

    public static string? Find()
    {
        for (var directory = new DirectoryInfo(Environment.CurrentDirectory); directory is not null; directory = directory.Parent)
        {
            var data = Path.Combine(directory.FullName, "shared", "data");
            if (File.Exists(Path.Combine(data, Graph)) && File.Exists(Path.Combine(data, Balances)))
            {
                return data;
            }
        }

        return null;
    }

    /// <summary>The channels that are enabled in both directions.</summary>
    public static OfferedGraph Read(string directory) => new(ReadChannels((Path.Combine(directory, Graph), Path.Combine(directory, Balances))));

    public static IReadOnlyCollection<OfferedChannel> ReadChannels((string Graph, string Balances) paths)
    {
        var balances = ReadBalances(paths.Balances);
        using var stream = Unzip(paths.Graph);
        using var document = JsonDocument.Parse(stream);
        var channels = new List<OfferedChannel>();
        foreach (var edge in document.RootElement.GetProperty("edges").EnumerateArray())
        {
            if (IsEnabled(edge, "node1_policy") && IsEnabled(edge, "node2_policy"))
            {
                var id = ulong.Parse(edge.GetProperty("channel_id").GetString()!, CultureInfo.InvariantCulture);
                channels.Add(new(
                    id,
                    NodeId.Parse(edge.GetProperty("node1_pub").GetString()!),
                    NodeId.Parse(edge.GetProperty("node2_pub").GetString()!),
                    long.Parse(edge.GetProperty("capacity").GetString()!, CultureInfo.InvariantCulture),
                    balances[id]));
            }
        }

        return channels;
    }

    private static bool IsEnabled(JsonElement edge, string policy) =>
        edge.TryGetProperty(policy, out var found) && found.ValueKind == JsonValueKind.Object && !found.GetProperty("disabled").GetBoolean();

    private static Dictionary<ulong, long> ReadBalances(string path)
    {
        using var reader = new StreamReader(Unzip(path));
        var balances = new Dictionary<ulong, long>();
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(',');
            balances.Add(ulong.Parse(fields[0], CultureInfo.InvariantCulture), long.Parse(fields[2], CultureInfo.InvariantCulture));
        }

        return balances;
    }

    private static Stream Unzip(string path) =>
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : File.OpenRead(path);
}
