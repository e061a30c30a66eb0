using System.CommandLine;
using Eddy.Api;

namespace Eddy.CommandLine;

/// <summary><c>eddy config reload</c>: has the running daemon read its configuration again.</summary>
internal static class ReloadCommand
{
    public static void AddTo(EddyCommands commands, Command config) => commands.AddQuery(
        config,
        new("reload", "Have the running daemon read its configuration again; with a mistake in it nothing changes"),
        async (_, daemon, output, cancellationToken) =>
        {
            var report = await daemon.PostAsync("v1/config/reload", null, ApiJson.Default.ReloadReport, cancellationToken);
            foreach (var mistake in report.Mistakes)
            {
                output.Terminal.WriteError($"{mistake.Where}: {mistake.What}");
            }

            output.Write(report, ApiJson.Default.ReloadReport, Show);
            return report.Applied ? ExitCode.Done : ExitCode.Usage;
        });

    private static void Show(Terminal terminal, ReloadReport report)
    {
        if (!report.Applied)
        {
            terminal.WriteLine("Refused as a whole; what held before goes on.");
            return;
        }

        if (report.Changes.IsEmpty)
        {
            terminal.WriteLine("Nothing has changed.");
        }

        foreach (var change in report.Changes)
        {
            terminal.WriteLine($"{change.Key}: {change.From} -> {change.To}{(change.NeedsRestart ? " (needs a restart: until then nothing changes)" : "")}");
        }
    }
}
