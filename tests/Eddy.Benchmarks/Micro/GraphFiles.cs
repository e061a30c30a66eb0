using Eddy.Simulator.Rounds;

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
        var graph = ChannelGraph.Read(paths.Graph, paths.Balances, seed: 0);
        return
        [
            .. graph.Channels.Select(channel => new OfferedChannel(
                channel.Id, graph.Nodes[channel.First].Id, graph.Nodes[channel.Second].Id, channel.CapacitySat, channel.FirstLocalSat)),
        ];
    }
}
