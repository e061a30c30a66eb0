using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>Reads graph files (<c>lncli describegraph</c>) and balance files (<c>channel_id,capacity,node1_local_sat</c>), plain or gzipped.</summary>
internal static class GraphFileReader
{
    private const string BalanceHeader = "channel_id,capacity,node1_local_sat";
    private const long MaxCapacitySat = 21_000_000L * 100_000_000;

    // Below this a channel cannot even pay for its own commitment transaction with some reserve left.
    private const long MinCapacitySat = 20_000;

    // Some of the JSON reader's complaints repeat all of what they complain about.
    private const int LongestReason = 300;
    private const uint MaxCltvDelta = ushort.MaxValue;

    /// <exception cref="GraphFileException">The file is missing, no graph, or has no usable channel.</exception>
    /// <param name="minCapacitySat">Smaller channels are left out.</param>
    public static GraphSnapshot ReadGraph(string path, long minCapacitySat = MinCapacitySat) => ReadGraph(path, () => File.OpenRead(path), minCapacitySat);

    /// <param name="open">What is read in the place of the file.</param>
    internal static GraphSnapshot ReadGraph(string path, Func<Stream> open, long minCapacitySat = MinCapacitySat)
    {
        var snapshot = new GraphSnapshot();
        Use(path, open, stream =>
        {
            using var reader = new JsonArrayReader(stream);
            reader.Read((name, element) =>
            {
                if (name == "nodes")
                {
                    snapshot.SetAlias(Text(element, "pub_key"), element.TryGetProperty("alias", out var alias) ? alias.GetString() ?? "" : "");
                }
                else if (name == "edges")
                {
                    AddEdge(snapshot, element, minCapacitySat);
                }
            });
        });
        if (snapshot.Channels.Count == 0)
        {
            throw new GraphFileException($"{path}: no channel that is enabled in both directions. Is this the output of 'lncli describegraph'?");
        }

        return snapshot;
    }

    /// <summary>Fills in the balances of the snapshot's channels; lines about other channels are skipped.</summary>
    /// <exception cref="GraphFileException">The file is missing or a line makes no sense.</exception>
    public static void ReadBalances(string path, GraphSnapshot snapshot) => ReadBalances(path, () => File.OpenRead(path), snapshot);

    internal static void ReadBalances(string path, Func<Stream> open, GraphSnapshot snapshot) => Use(path, open, stream =>
    {
        using var reader = new StreamReader(stream);
        if (reader.ReadLine()?.Trim() != BalanceHeader)
        {
            throw new GraphFileException($"{path}: the first line must be '{BalanceHeader}'.");
        }

        for (var number = 2; reader.ReadLine() is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                ReadBalance(path, number, line, snapshot);
            }
        }
    });

    private static void ReadBalance(string path, int number, string line, GraphSnapshot snapshot)
    {
        var fields = line.Split(',');
        if (fields.Length != 3
            || !ulong.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var capacity)
            || !long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var local))
        {
            throw new GraphFileException($"{path}, line {number}: expected three whole numbers ({BalanceHeader}) and found '{Shorten(line)}'.");
        }

        if (local > capacity)
        {
            throw new GraphFileException($"{path}, line {number}: a balance of {local} sat in a channel of {capacity} sat.");
        }

        if (snapshot.Find(id) is not { } channel)
        {
            return;
        }

        if (channel.CapacitySat != capacity)
        {
            throw new GraphFileException(
                $"{path}, line {number}: channel {id} has {capacity} sat here and {channel.CapacitySat} sat in the graph file.");
        }

        channel.Node1Sat = local;
    }

    private static void AddEdge(GraphSnapshot snapshot, JsonElement edge, long minCapacitySat)
    {
        var capacity = Number(edge, "capacity");
        if (capacity is <= 0 or > MaxCapacitySat)
        {
            throw new GraphFileException($"a channel has a capacity of {capacity} sat");
        }

        if (capacity >= minCapacitySat
            && ReadPolicy(edge, "node1_policy") is { } policy1
            && ReadPolicy(edge, "node2_policy") is { } policy2)
        {
            snapshot.TryAdd((ulong)Number(edge, "channel_id"), Text(edge, "node1_pub"), Text(edge, "node2_pub"), capacity, policy1, policy2);
        }
    }

    /// <summary>Null for a direction nobody has announced, or that is disabled.</summary>
    private static RoutingPolicy? ReadPolicy(JsonElement edge, string name)
    {
        if (!edge.TryGetProperty(name, out var policy) || policy.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (policy.TryGetProperty("disabled", out var disabled) && disabled.ValueKind == JsonValueKind.True)
        {
            return null;
        }

        var delta = Number(policy, "time_lock_delta");
        var (baseFee, rate) = (Number(policy, "fee_base_msat"), Number(policy, "fee_rate_milli_msat"));
        if (delta > MaxCltvDelta || baseFee > uint.MaxValue || rate > uint.MaxValue)
        {
            return null;
        }

        return new(
            baseFee,
            rate,
            (uint)delta,
            new(Number(policy, "min_htlc")),
            new(Number(policy, "max_htlc_msat", orZero: true)),
            Inbound(policy, "inbound_fee_base_msat"),
            Inbound(policy, "inbound_fee_rate_milli_msat"));
    }

    private static int Inbound(JsonElement policy, string name) =>
        policy.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : 0;

    /// <summary>A whole number of 0 or more; LND writes 64-bit ones as text.</summary>
    private static long Number(JsonElement element, string name, bool orZero = false)
    {
        if (!element.TryGetProperty(name, out var value))
        {
            return orZero ? 0 : throw new GraphFileException($"'{name}' is missing");
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new GraphFileException($"'{name}' is '{Shorten(text)}', which is not a whole number of 0 or more");
    }

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new GraphFileException($"'{name}' is missing");

    private static string Shorten(string text, int longest = 60) => text.Length > longest ? text[..longest] + "..." : text;

    private static void Use(string path, Func<Stream> open, Action<Stream> read)
    {
        try
        {
            using var file = open();
            if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            {
                using var unzipped = new GZipStream(file, CompressionMode.Decompress);
                read(unzipped);
            }
            else
            {
                read(file);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            throw new GraphFileException($"'{path}' cannot be read: {exception.Message}", exception);
        }
        catch (JsonException exception)
        {
            throw new GraphFileException($"{path} is not the output of 'lncli describegraph': {Shorten(exception.Message, LongestReason)}", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new GraphFileException($"{path}: a value has an unexpected type ({exception.Message})", exception);
        }
        catch (GraphFileException exception) when (!exception.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new GraphFileException($"{path}: {exception.Message}.", exception);
        }
    }
}
