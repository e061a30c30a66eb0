using System.CommandLine;
using Eddy.Api;
using Eddy.Lightning;

namespace Eddy.CommandLine;

/// <summary>Commands that show what the daemon knows and change nothing.</summary>
internal static class QueryCommands
{
    private const int LongestWaitSeconds = 24 * 60 * 60;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    public static void AddTo(EddyCommands commands, Command root)
    {
        commands.AddQuery(root, new("status", "How the daemon, its node and its rings are"), async (_, daemon, output, cancellationToken) =>
            output.Write(await daemon.GetAsync("v1/status", ApiJson.Default.StatusReport, cancellationToken), ApiJson.Default.StatusReport, ReportTables.Status));
        commands.AddQuery(root, new("channels", "Balances, targets and what is offered"), async (_, daemon, output, cancellationToken) =>
            output.Write(await daemon.GetAsync("v1/channels", ApiJson.Default.ChannelsReport, cancellationToken), ApiJson.Default.ChannelsReport, ReportTables.Channels));
        commands.AddQuery(root, new("peers", "Which peers run eddy and what they can do"), async (_, daemon, output, cancellationToken) =>
            output.Write(await daemon.GetAsync("v1/peers", ApiJson.Default.PeersReport, cancellationToken), ApiJson.Default.PeersReport, ReportTables.Peers));
        commands.AddQuery(root, new("adverts", "What the nodes around offer to move"), async (_, daemon, output, cancellationToken) =>
            output.Write(await daemon.GetAsync("v1/adverts", ApiJson.Default.AdvertsReport, cancellationToken), ApiJson.Default.AdvertsReport, ReportTables.Adverts));
        AddRings(commands, root);
        AddWhy(commands, root);
    }

    /// <summary>A ring's id: up to 64 hexadecimal digits.</summary>
    public static Argument<string> RingId()
    {
        var id = new Argument<string>("ID") { Description = "The ring's id, or its first digits" };
        id.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (token.Value.Length is 0 or > 2 * Bytes32.Size || !token.Value.All(char.IsAsciiHexDigit)))
            {
                result.AddError($"'{token.Value}' is not a ring's id: up to {2 * Bytes32.Size} hexadecimal digits");
            }
        });
        return id;
    }

    private static void AddRings(EddyCommands commands, Command root)
    {
        var wait = OperatorCommands.WholeNumber("--wait", 0, LongestWaitSeconds, 0, "Until one has settled, for at most that many seconds; exit code 1 where none has");
        wait.HelpName = "SECONDS";
        var would = new Option<bool>("--would") { Description = "While the node only looks on: the rings it would have been in" };
        var rings = commands.AddQuery(root, new("rings", "Rings under way and the latest that ended") { wait, would }, async (parse, daemon, output, cancellationToken) =>
            parse.GetValue(would)
                ? output.Write(await daemon.GetAsync("v1/would", ApiJson.Default.WouldReport, cancellationToken), ApiJson.Default.WouldReport, ReportTables.Would)
                : await ShowRingsAsync(daemon, output, parse.GetResult(wait) is { Implicit: false } ? TimeSpan.FromSeconds(parse.GetValue(wait)) : null, cancellationToken));
        var id = RingId();
        commands.AddQuery(rings, new("show", "One ring: its hops, how it ended, whose hop it was") { id }, async (parse, daemon, output, cancellationToken) =>
        {
            var path = $"v1/rings/{Uri.EscapeDataString(parse.GetRequiredValue(id))}";
            return output.Write(await daemon.GetAsync(path, ApiJson.Default.RingReport, cancellationToken), ApiJson.Default.RingReport, ReportTables.Ring);
        });
    }

    /// <param name="longest">How long to wait for one that settles; null for not at all.</param>
    private static async Task<int> ShowRingsAsync(DaemonClient daemon, Output output, TimeSpan? longest, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var report = await daemon.GetAsync("v1/rings", ApiJson.Default.RingsReport, cancellationToken);
            var isSettled = report.Rings.Any(ring => ring.Outcome == "settled");
            var isLate = longest is not { } limit || TimeProvider.System.GetElapsedTime(started) >= limit;
            if (!isSettled && !isLate)
            {
                await Task.Delay(LookInterval, cancellationToken);
                continue;
            }

            output.Write(report, ApiJson.Default.RingsReport, ReportTables.Rings);
            if (isSettled || longest is null)
            {
                return ExitCode.Done;
            }

            output.Terminal.WriteError($"no ring has settled within {longest.Value.TotalSeconds:0} s; 'eddy why SCID' says why");
            return ExitCode.Failed;
        }
    }

    private static void AddWhy(EddyCommands commands, Command root)
    {
        var subject = new Argument<string?>("SCID|PEER")
        {
            Description = "A short channel id, like 870127x1237x1, or a peer's public key or its first digits; the whole node where it is left out",
            Arity = ArgumentArity.ZeroOrOne,
        };
        subject.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ShortChannelId.TryParse(token.Value, out _) && !IsKey(token.Value))
            {
                result.AddError($"'{token.Value}' is neither a short channel id (like 870127x1237x1) nor a public key");
            }
        });
        commands.AddQuery(root, new("why", "Why nothing happens: on the node, on a channel, with a peer; and what to do about it") { subject }, async (parse, daemon, output, cancellationToken) =>
        {
            var path = parse.GetValue(subject) is { } text ? $"v1/why/{Uri.EscapeDataString(text)}" : "v1/why";
            return output.Write(await daemon.GetAsync(path, ApiJson.Default.WhyReport, cancellationToken), ApiJson.Default.WhyReport, ReportTables.Why);
        });
    }

    internal static bool IsKey(string text) =>
        text.Length is >= 6 and <= 66 && (text.StartsWith("02", StringComparison.Ordinal) || text.StartsWith("03", StringComparison.Ordinal)) && text.All(char.IsAsciiHexDigit);
}
