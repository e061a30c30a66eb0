using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Eddy.Simulator.Rounds;

namespace Eddy.Simulate;

/// <summary>The HTML page of <c>--report</c>: one file, nothing loaded from elsewhere, light or dark as the reader likes it.</summary>
internal static class NetworkPage
{
    private const int HistogramBars = 20;
    private const double SatPerBitcoin = 100_000_000;

    private const string Style = """
        :root { color-scheme: light dark; --text: #1c2330; --soft: #5d6778; --line: #d5dae3; --page: #f7f8fa; --card: #ffffff; --main: #1f6feb; --second: #e07a1f; --good: #1a7f4b; }
        @media (prefers-color-scheme: dark) { :root { --text: #e4e8ef; --soft: #98a3b5; --line: #343c4a; --page: #12161d; --card: #1a202a; --main: #6aa8ff; --second: #f2a65a; --good: #58c48c; } }
        * { box-sizing: border-box; }
        body { margin: 0; padding: 2rem 1.25rem; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 68rem; margin: 0 auto; }
        h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1rem; margin: 0 0 .5rem; }
        p { margin: 0 0 1rem; color: var(--soft); }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
        .figure, section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1rem; }
        .figure b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; } .figure span { color: var(--soft); font-size: .85rem; }
        .pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: .75rem; }
        @media (max-width: 30rem) { .pictures { grid-template-columns: 1fr; } }
        svg { width: 100%; height: auto; display: block; } text { fill: var(--soft); font-size: 11px; }
        .grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
        .a { stroke: var(--main); } .b { stroke: var(--second); } .line { fill: none; stroke-width: 2; } .dash { stroke-dasharray: 5 4; fill: none; stroke-width: 1.5; stroke: var(--good); }
        .bar-a { fill: var(--main); } .bar-b { fill: var(--second); } .key-a { color: var(--main); } .key-b { color: var(--second); } .key-c { color: var(--good); }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } td { padding: .2rem 0; border-top: 1px solid var(--line); } td + td { text-align: right; }
        small { color: var(--soft); }
        """;

    public static string Create(NetworkReport report, RoundResult result, ChannelGraph graph)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>eddy simulate</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n<main>\n");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{report.Share:P1} of what could be moved in circles</h1>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p>{graph.Nodes.Length:N0} nodes with {graph.Channels.Length:N0} channels among them, each node knowing only what the others chose to advertise.</p>\n");
        AppendFigures(page, report);
        page.Append("<div class=\"pictures\">\n");
        Section(page, "Volume over time", "<b class=\"key-a\">moved</b> <b class=\"key-c\">optimum</b>, BTC by round", Lines(
            result.Series.Select(static point => point.VolumeSat / SatPerBitcoin), report.OptimumSat / SatPerBitcoin, "N1"));
        Section(page, "Depleted pairs", "under 5 % on one side, by round", Lines(result.Series.Select(static point => point.Depleted * 100), null, "N0", " %"));
        Section(page, "Balances", "<b class=\"key-b\">before</b> <b class=\"key-a\">after</b>, pairs by one side's share", Bars(
            Labels(HistogramBars, static bar => string.Create(CultureInfo.InvariantCulture, $"{bar * 100 / HistogramBars} %"), every: 4), Histogram(result.After), Histogram(result.Before)));
        var lengths = result.Rings.GroupBy(static ring => ring.Length).ToDictionary(static group => group.Key, static group => group.Count());
        int[] range = [.. Enumerable.Range(3, Math.Max(1, lengths.Keys.DefaultIfEmpty(3).Max() - 2))];
        Section(page, "Ring lengths", "rings by number of nodes", Bars(
            [.. range.Select(static length => length.ToString(CultureInfo.InvariantCulture))], [.. range.Select(length => (double)lengths.GetValueOrDefault(length))], null));
        var (names, counts) = Amounts(result.Rings);
        Section(page, "Ring amounts", "rings by amount in sat, each bar up to twice the one before", Bars(names, counts, null));
        page.Append("<section>\n<h2>Messages</h2>\n<table>\n");
        Row(page, "rings proposed", result.Series[^1].Proposed);
        Row(page, "rings settled", report.Payments);
        foreach (var (reason, times) in result.Refusals)
        {
            Row(page, $"refused: {reason}", times);
        }

        if (report.GossipBytesPerHourMedian is { } bytes)
        {
            Row(page, "gossip, bytes in an hour, median node", bytes);
        }

        page.Append("</table>\n</section>\n</div>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static void AppendFigures(StringBuilder page, NetworkReport report)
    {
        page.Append("<div class=\"figures\">\n");
        Figure(page, "moved, BTC", (report.VolumeSat / SatPerBitcoin).ToString("N2", CultureInfo.InvariantCulture));
        Figure(page, "optimum, BTC", (report.OptimumSat / SatPerBitcoin).ToString("N2", CultureInfo.InvariantCulture));
        Figure(page, "payments", report.Payments.ToString("N0", CultureInfo.InvariantCulture));
        Figure(page, "rounds, to 80 %", string.Create(CultureInfo.InvariantCulture, $"{report.Rounds}, {report.RoundsTo80}"));
        Figure(page, "depleted pairs", string.Create(CultureInfo.InvariantCulture, $"{report.DepletedBefore:P1} → {report.DepletedAfter:P1}"));
        Figure(page, "mean distance from half", string.Create(CultureInfo.InvariantCulture, $"{report.MeanDeviationBefore:P1} → {report.MeanDeviationAfter:P1}"));
        page.Append("</div>\n");
    }

    private static void Figure(StringBuilder page, string name, string figure) =>
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"figure\"><b>{WebUtility.HtmlEncode(figure)}</b><span>{WebUtility.HtmlEncode(name)}</span></div>\n");

    private static void Section(StringBuilder page, string title, string legend, string picture) =>
        page.Append(CultureInfo.InvariantCulture, $"<section>\n<h2>{WebUtility.HtmlEncode(title)}</h2>\n<small>{legend}</small>\n{picture}</section>\n");

    private static void Row(StringBuilder page, string name, long number) =>
        page.Append(CultureInfo.InvariantCulture, $"<tr><td>{WebUtility.HtmlEncode(name)}</td><td>{number:N0}</td></tr>\n");

    private static string Lines(IEnumerable<double> values, double? mark, string format, string unit = "")
    {
        double[] points = [.. values];
        var chart = new PageChart(Math.Max(points.DefaultIfEmpty(0).Max(), mark ?? 0), format, unit);
        return chart.Line(points, mark);
    }

    private static string Bars(ImmutableArray<string> names, ImmutableArray<double> first, ImmutableArray<double>? second)
    {
        var largest = Math.Max(first.DefaultIfEmpty(0).Max(), second?.DefaultIfEmpty(0).Max() ?? 0);
        return new PageChart(largest, "N0", "").Bars(names, first, second);
    }

    private static ImmutableArray<double> Histogram(ImmutableArray<double> shares)
    {
        var bars = new double[HistogramBars];
        foreach (var share in shares)
        {
            bars[Math.Clamp((int)(share * HistogramBars), 0, HistogramBars - 1)]++;
        }

        return [.. bars];
    }

    private static ImmutableArray<string> Labels(int count, Func<int, string> name, int every) =>
        [.. Enumerable.Range(0, count).Select(bar => bar % every == 0 ? name(bar) : "")];

    private static (ImmutableArray<string> Names, ImmutableArray<double> Counts) Amounts(ImmutableArray<SettledRing> rings)
    {
        if (rings.IsEmpty)
        {
            return ([""], [0]);
        }

        var (least, most) = (Power(rings.Min(static ring => ring.AmountSat)), Power(rings.Max(static ring => ring.AmountSat)));
        var counts = new double[most - least + 1];
        foreach (var ring in rings)
        {
            counts[Power(ring.AmountSat) - least]++;
        }

        return (Labels(counts.Length, bar => Short(1L << (least + bar)), every: 3), [.. counts]);
    }

    private static int Power(long amount) => System.Numerics.BitOperations.Log2((ulong)Math.Max(1, amount));

    private static string Short(long sat) => sat switch
    {
        >= 100_000_000 => (sat / SatPerBitcoin).ToString("0.#", CultureInfo.InvariantCulture) + " BTC",
        >= 1_000_000 => (sat / 1e6).ToString("0", CultureInfo.InvariantCulture) + "M",
        >= 1_000 => (sat / 1e3).ToString("0", CultureInfo.InvariantCulture) + "k",
        _ => sat.ToString(CultureInfo.InvariantCulture),
    };
}
