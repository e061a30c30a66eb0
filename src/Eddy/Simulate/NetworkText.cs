using System.Globalization;
using Eddy.CommandLine;
using Eddy.Simulator.Rounds;

namespace Eddy.Simulate;

/// <summary>What <c>eddy simulate --graph</c> shows at its end.</summary>
internal static class NetworkText
{
    public static void WriteTable(Terminal terminal, NetworkReport report, RoundResult result, ChannelGraph graph)
    {
        var table = new TextTable { Title = "Simulated network" }.Key("what").Number("figure");
        table.Row("nodes that take part", Number(graph.Nodes.Length));
        table.Row("channels among them", Number(graph.Channels.Length));
        table.Row("moved where it was wanted, sat", Number(report.VolumeSat));
        table.Row("optimum, sat", Number(report.OptimumSat));
        table.Row("share of the optimum", Percent(report.Share));
        table.Row("moved hop by hop, sat", Number(result.HopVolumeSat));
        table.Row("payments (rings settled)", Number(report.Payments));
        table.Row("rings proposed", Number(result.Series[^1].Proposed));
        table.Row("rounds", Number(report.Rounds));
        table.Row("rounds to 80 % of the volume", Number(report.RoundsTo80));
        table.Row("depleted pairs", $"{Percent(report.DepletedBefore)} -> {Percent(report.DepletedAfter)}");
        table.Row("mean distance from half", $"{Percent(report.MeanDeviationBefore)} -> {Percent(report.MeanDeviationAfter)}");
        foreach (var (reason, times) in result.Refusals)
        {
            table.Row($"refused: {reason}", Number(times));
        }

        table.Row("seconds", report.Seconds.ToString("N1", CultureInfo.InvariantCulture));
        table.Row("peak memory, MB", Number(report.PeakMemoryMb));
        table.WriteTo(terminal);
    }

    public static void WritePool(Terminal terminal, PoolReport report)
    {
        var table = new TextTable
        {
            Title = report.Draws == 1 ? "Your channels with this pool" : $"Your channels with this pool, on average over {report.Draws} draws of balances",
            Empty = "None of your channels is with a member of this pool.",
        }.Key("channel").Column("peer").Number("capacity").Number("local before").Number("after").Number("off half before").Number("after").Number("rings");
        foreach (var channel in report.Channels)
        {
            table.Row(
                channel.Scid,
                channel.PeerAlias,
                Number(channel.CapacitySat),
                Percent(channel.LocalBefore),
                Percent(channel.LocalAfter),
                Percent(channel.DeviationBefore),
                Percent(channel.DeviationAfter),
                channel.Rings.ToString("N1", CultureInfo.InvariantCulture));
        }

        table.WriteTo(terminal);
        terminal.WriteLine(report.Rings == 0
            ? $"With these {report.Members} nodes no ring goes through yours: it takes members that have channels with one another."
            : string.Create(
                CultureInfo.InvariantCulture,
                $"With these {report.Members} nodes: {report.Rings:N1} rings through yours until nothing is left to do, {report.MovedSat:N0} sat out of channels with too much and as many into those with too little. Paid for at the network's own fees it would have cost {report.FeesSavedSat:N0} sat ({report.FeesSavedPpm:N0} ppm)."));
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}

/// <summary>One line that is written over and over on a terminal.</summary>
internal sealed class NetworkProgress(Terminal terminal, long optimumSat)
{
    private const int Width = 30;

    public void Show(RoundFigures figures)
    {
        var share = optimumSat == 0 ? 0 : Math.Clamp((double)figures.VolumeSat / optimumSat, 0, 1);
        var full = (int)(share * Width);
        terminal.Output.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"\r[{new string('#', full)}{new string('.', Width - full)}] round {figures.Round}: {share:P1} of the optimum, {figures.Settled:N0} rings settled "));
        terminal.Output.Flush();
    }

    public void Clear() => terminal.Output.Write($"\r{new string(' ', 100)}\r");
}
