using Eddy.CommandLine;
using Eddy.Engine.Views;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Eddy.Demo;

/// <summary>The live view on a terminal: channels with their balances, the ring that goes round, the messages behind it.</summary>
internal static class DemoScreen
{
    private const int FrameMilliseconds = 100;
    private const int LinesBesideChannels = 17;
    private const int WideEnough = 100;

    /// <summary>Draws until the work has ended.</summary>
    public static async Task ShowAsync(Terminal terminal, DemoRun run, Task work, CancellationToken cancellationToken)
    {
        var console = terminal.Ansi;
        await console.Live(new Text("")).AutoClear(true).StartAsync(async live =>
        {
            while (!work.IsCompleted)
            {
                live.UpdateTarget(Draw(await run.LookAsync(cancellationToken), console.Profile.Width, console.Profile.Height));
                live.Refresh();
                await Task.WhenAny(work, Task.Delay(FrameMilliseconds, cancellationToken));
            }
        });
    }

    internal static IRenderable Draw(DemoPicture picture, int width, int height)
    {
        var rows = new List<IRenderable>
        {
            new Markup($"[bold]eddy demo[/]  {picture.Elapsed.TotalSeconds,5:0.0} s  [yellow]{Markup.Escape(picture.Phase)}[/]"),
            new Markup(Markup.Escape(Nodes(picture))),
            Channels(picture, width, Math.Max(4, height - LinesBesideChannels)),
        };
        rows.AddRange(picture.Rings.TakeLast(3).Select(ring => Ring(picture, ring)));
        rows.Add(new Rule { Style = new Style(Color.Grey) });
        rows.Add(new Markup($"[grey]{picture.Messages} messages between the daemons[/]"));
        rows.AddRange(picture.Trail.TakeLast(4).Select(line => new Markup($"[grey]{Markup.Escape(Terminal.Clean(line))}[/]")));
        return new Rows(rows);
    }

    private static string Nodes(DemoPicture picture)
    {
        var connected = picture.Nodes.Count(node => node.IsConnected);
        var waiving = picture.Nodes.Count(node => node.CanWaive);
        var adverts = picture.Nodes.Sum(node => node.Adverts);
        return $"{picture.Nodes.Length} nodes: {connected} connected, {waiving} at the interceptor, {adverts} adverts known";
    }

    private static Table Channels(DemoPicture picture, int width, int most)
    {
        var isWide = width >= WideEnough;
        var bar = isWide ? 40 : 24;
        var table = new Table { Border = TableBorder.Rounded };
        table.BorderColor(Color.Grey);
        table.AddColumn("channel");
        table.AddColumn(new TableColumn("sat") { Alignment = Justify.Right, NoWrap = true });
        table.AddColumn(new TableColumn("balance of the opener, target ┃") { NoWrap = true });
        table.AddColumn(new TableColumn("was") { Alignment = Justify.Right });
        table.AddColumn(new TableColumn("is") { Alignment = Justify.Right });
        foreach (var channel in picture.Channels.OrderByDescending(channel => channel.InFlight).ThenByDescending(channel => Math.Abs(channel.Now - channel.Before)).Take(most).OrderBy(channel => channel.Scid))
        {
            var style = channel.InFlight > 0 ? "aqua" : Show.StyleOf(channel.Now, DemoOptions.Target, DemoOptions.Deadband);
            var name = isWide ? $"{channel.Scid}  {Short(channel.From, 18)} → {Short(channel.To, 18)}" : $"{Short(channel.From, 9)} → {Short(channel.To, 9)}";
            table.AddRow(
                new Markup(Markup.Escape(name)),
                new Markup(Show.Sat(channel.Capacity.Satoshi)),
                new Markup($"[{style}]{Show.Bar(channel.Now, DemoOptions.Target, bar)}[/]{(channel.InFlight > 0 ? " [aqua]⟳[/]" : "  ")}"),
                new Markup(Show.Percent(channel.Before)),
                new Markup($"[{style}]{Show.Percent(channel.Now)}[/]"));
        }

        if (picture.Channels.Length > most)
        {
            table.Caption = new TableTitle($"and {picture.Channels.Length - most} more channels");
        }

        return table;
    }

    private static Markup Ring(DemoPicture picture, RingView ring)
    {
        var (mark, style) = DemoText.Mark(ring);
        return new Markup($"[{style}]{mark}[/] {Markup.Escape(DemoText.Ring(picture, ring))}");
    }

    private static string Short(string text, int length) => Show.Shorten(text, length);
}
