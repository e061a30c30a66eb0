using Eddy.CommandLine;
using Eddy.Engine.Views;
using Eddy.Rings;

namespace Eddy.Demo;

/// <summary>The demo in words and tables.</summary>
internal static class DemoText
{
    /// <summary>Progress in plain lines, for output that is no terminal.</summary>
    public static async Task FollowAsync(Terminal terminal, DemoRun run, Task work, CancellationToken cancellationToken)
    {
        var phase = "";
        var told = new HashSet<(RingId, bool)>();
        while (!work.IsCompleted)
        {
            var picture = await run.LookAsync(cancellationToken);
            if (picture.Phase != phase)
            {
                phase = picture.Phase;
                terminal.WriteLine($"{picture.Elapsed.TotalSeconds,5:0.0} s  {phase}");
            }

            foreach (var ring in picture.Rings.Where(ring => told.Add((ring.Id, ring.IsFinal))))
            {
                terminal.WriteLine($"{picture.Elapsed.TotalSeconds,5:0.0} s  {Ring(picture, ring)}");
            }

            await Task.WhenAny(work, Task.Delay(50, cancellationToken));
        }
    }

    public static string Ring(DemoPicture picture, RingView ring)
    {
        var hops = ring.Hops.OrderBy(hop => hop.Position).Select(hop => picture.AliasOf(hop.Node)).ToArray();
        var path = string.Join(" → ", hops.Append(hops.FirstOrDefault() ?? ""));
        var end = ring.IsFinal ? $"{ring.Outcome.ToString().ToLowerInvariant()} {(ring.Outcome == RingOutcome.Settled ? $"for {ring.Fee.Value} msat" : ring.Reason)}" : ring.State;
        return $"{path}: {Show.Sat(ring.Amount.Satoshi)} sat, {end}";
    }

    public static (string Mark, string Style) Mark(RingView ring) => ring switch
    {
        { IsFinal: false } => ("●", "yellow"),
        { Outcome: RingOutcome.Settled } => ("✓", "green"),
        _ => ("✗", "red"),
    };

    /// <summary>What it came to: channels, nodes, rings.</summary>
    public static void WriteTables(Terminal terminal, DemoPicture end)
    {
        Channels(end).WriteTo(terminal);
        terminal.WriteLine();
        Nodes(end).WriteTo(terminal);
        terminal.WriteLine();
        Rings(end).WriteTo(terminal);
        terminal.WriteLine();
    }

    private static TextTable Channels(DemoPicture end)
    {
        var table = new TextTable { Title = "Channels, from the side that opened them" }
            .Key("channel").Key("between").Number("sat").Picture("balance").Number("before").Number("after").Number("target");
        foreach (var channel in end.Channels.Where(channel => end.Channels.Length <= 24 || Math.Abs(channel.Now - channel.Before) > 0.0001))
        {
            var style = Show.StyleOf(channel.Now, DemoOptions.Target, DemoOptions.Deadband);
            table.Row(
                channel.Scid.ToString(),
                $"{Show.Shorten(channel.From, 12)} → {Show.Shorten(channel.To, 12)}",
                Show.Sat(channel.Capacity.Satoshi),
                new(Show.Bar(channel.Now, DemoOptions.Target, 10), Style: style),
                Show.Percent(channel.Before),
                new(Show.Percent(channel.Now), Style: style),
                Show.Percent(DemoOptions.Target));
        }

        return table;
    }

    private static TextTable Nodes(DemoPicture end)
    {
        var table = new TextTable { Title = "Nodes: ChannelBalance, and what changed in all" }.Key("node").Key("public key").Number("balance msat").Number("drift msat");
        foreach (var node in end.Nodes)
        {
            table.Row(
                Show.Shorten(node.Alias, 20),
                new(node.Id.ToShortString() + "…", node.Id.ToString()),
                Show.Sat(node.Balance.Value),
                new($"{node.Drift.Value}", Style: node.Drift.Value == 0 ? "green" : "red"));
        }

        return table;
    }

    private static TextTable Rings(DemoPicture end)
    {
        var table = new TextTable { Title = "Rings", Empty = "No ring was found." }
            .Key("ring").Column("hops").Number("sat").Number("fee msat").Number("seconds").Column("outcome");
        foreach (var ring in end.Rings)
        {
            var hops = ring.Hops.OrderBy(hop => hop.Position).Select(hop => end.AliasOf(hop.Node));
            table.Row(
                Show.Ring(ring.Id.ToString()),
                string.Join(" → ", hops),
                Show.Sat(ring.Amount.Satoshi),
                $"{ring.Fee.Value}",
                ring.EndedAt is { } ended ? $"{(ended - ring.StartedAt).TotalSeconds:0.00}" : "-",
                new(ring.IsFinal ? ring.Outcome.ToString().ToLowerInvariant() : ring.State, Style: Mark(ring).Style));
        }

        return table;
    }

    public static string Sentence(DemoPicture end, DemoReport report)
    {
        if (!report.Settled)
        {
            return end.Rings.IsEmpty ? "no ring was found" : $"no ring settled; the last one: {Ring(end, end.Rings[^1])}";
        }

        var moved = report.Rings.Sum(ring => ring.AmountSat);
        var what = report.Rings.Length == 1 ? $"A ring of {report.Rings[0].Hops.Length} settled" : $"{report.Rings.Length} rings settled";
        return report.IsGood
            ? $"{what} in {report.Seconds:0.0} s: {Show.Sat(moved)} sat went round for {report.Rings.Sum(ring => ring.FeeMsat)} msat, and every node has to the millisatoshi what it had."
            : $"{what}, but some node does not have what it had: {string.Join(", ", report.Nodes.Where(node => node.DriftMsat != 0).Select(node => $"{node.Alias} {node.DriftMsat} msat"))}";
    }
}
