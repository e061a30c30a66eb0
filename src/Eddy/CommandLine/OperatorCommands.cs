using System.CommandLine;
using System.Globalization;
using Eddy.Api;

namespace Eddy.CommandLine;

/// <summary>Commands that ask the daemon to do something.</summary>
internal static class OperatorCommands
{
    private const int LongestWaitSeconds = 24 * 60 * 60;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(150);

    public static void AddTo(EddyCommands commands, Command root)
    {
        AddPropose(commands, root);
        commands.AddQuery(root, new("pause", "Neither propose nor accept rings any more; those under way end. Survives a restart"), (_, daemon, output, cancellationToken) =>
            SimplyAsync(daemon, output, "v1/pause", cancellationToken));
        commands.AddQuery(root, new("resume", "Take part in rings again"), (_, daemon, output, cancellationToken) =>
            SimplyAsync(daemon, output, "v1/resume", cancellationToken));
        var id = QueryCommands.RingId();
        commands.AddQuery(root, new("cancel", "End a ring that has not paid yet") { id }, (parse, daemon, output, cancellationToken) =>
            SimplyAsync(daemon, output, $"v1/rings/{Uri.EscapeDataString(parse.GetRequiredValue(id))}/cancel", cancellationToken));
    }

    public static Option<int> WholeNumber(string name, int least, int most, int standard, string description) => new(name)
    {
        Description = description,
        HelpName = name.TrimStart('-').ToUpperInvariant(),
        DefaultValueFactory = _ => standard,
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            {
                return number;
            }

            result.AddError($"{name} takes a whole number from {least} to {most}, not '{text}'");
            return standard;
        },
    };

    private static void AddPropose(EddyCommands commands, Command root)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show the best ring" };
        var wait = WholeNumber("--wait", 0, LongestWaitSeconds, 0, "Follow the ring to its end, for at most that many seconds");
        wait.HelpName = "SECONDS";
        commands.AddQuery(root, new("propose", "Search now and propose the best ring in which this node is the proposer") { dryRun, wait }, async (parse, daemon, output, cancellationToken) =>
        {
            var isDryRun = parse.GetValue(dryRun);
            using var body = JsonContent.Create(new ProposeRequest(isDryRun), ApiJson.Default.ProposeRequest);
            var reply = await daemon.PostAsync("v1/propose", body, cancellationToken);
            return reply is { Status: ReplyReport.Done, Ring: { } ring } && !isDryRun && parse.GetValue(wait) is > 0 and var seconds
                ? await FollowAsync(daemon, output, ring, TimeSpan.FromSeconds(seconds), cancellationToken)
                : Answer(output, reply);
        });
    }

    private static async Task<int> SimplyAsync(DaemonClient daemon, Output output, string path, CancellationToken cancellationToken) =>
        Answer(output, await daemon.PostAsync(path, null, cancellationToken));

    internal static int Answer(Output output, ReplyReport reply)
    {
        if (reply.Status == ReplyReport.Done)
        {
            return output.Write(reply, ApiJson.Default.ReplyReport, ReportTables.Reply);
        }

        output.Terminal.WriteError(reply.Message);
        if (output.IsJson)
        {
            output.Terminal.WriteJson(reply, ApiJson.Default.ReplyReport);
        }

        return reply.Status switch
        {
            ReplyReport.NotFound => ExitCode.NotFound,
            ReplyReport.Unavailable => ExitCode.Unreachable,
            _ => ExitCode.Refused,
        };
    }

    private static async Task<int> FollowAsync(DaemonClient daemon, Output output, string id, TimeSpan longest, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var told = 0;
        while (true)
        {
            var ring = await daemon.GetAsync($"v1/rings/{id}", ApiJson.Default.RingReport, cancellationToken);
            if (!output.IsJson)
            {
                foreach (var line in ring.Story.Skip(told))
                {
                    output.Terminal.WriteLine($"{line.At.UtcDateTime:HH:mm:ss.fff}  {line.What}");
                }

                told = ring.Story.Length;
            }

            var isLate = TimeProvider.System.GetElapsedTime(started) >= longest;
            if (ring.Final || isLate)
            {
                return End(output, ring, longest);
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private static int End(Output output, RingReport ring, TimeSpan longest)
    {
        var isSettled = ring.Outcome == "settled";
        output.Write(ring, ApiJson.Default.RingReport, (terminal, report) =>
        {
            if (isSettled)
            {
                terminal.WriteLine($"Ring {Show.Ring(report.Id).Text} settled: {Show.Sat(report.AmountSat)} sat over {report.Hops.Length} hops for {Show.Msat(report.FeeMsat)} sat.");
            }
        });
        if (!isSettled)
        {
            var fault = ring.FailureNode is { } node ? $" at hop {ring.FailurePosition} ({node})" : "";
            output.Terminal.WriteError(ring.Final
                ? $"the ring was not settled but {ReportTables.Words(ring.Outcome)}{fault}: {ring.Reason}"
                : $"the ring is still {ReportTables.Words(ring.Outcome)} after {longest.TotalSeconds:0} s: 'eddy rings show {ring.Id[..12]}' tells more");
        }

        return isSettled ? ExitCode.Done : ExitCode.Failed;
    }
}
