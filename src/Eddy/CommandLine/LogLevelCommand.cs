using System.CommandLine;
using Eddy.Api;

namespace Eddy.CommandLine;

/// <summary><c>eddy loglevel</c>: what the running daemon logs.</summary>
internal static class LogLevelCommand
{
    private static readonly string[] Levels = ["trace", "debug", "info", "warn", "error"];

    public static void AddTo(EddyCommands commands, Command root)
    {
        var level = new Argument<string?>("LEVEL") { Description = $"{string.Join(", ", Levels)}; without it only shows", Arity = ArgumentArity.ZeroOrOne };
        level.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Levels.Contains(token.Value, StringComparer.OrdinalIgnoreCase))
            {
                result.AddError($"'{token.Value}' is no level: {string.Join(", ", Levels)}");
            }
        });
        var category = new Argument<string?>("CATEGORY") { Description = "As in the log's lines, like EddyEngine; without it everything", Arity = ArgumentArity.ZeroOrOne };
        commands.AddQuery(root, new("loglevel", "Show or change what the running daemon logs; a restart goes back to the configuration") { level, category }, async (parse, daemon, output, cancellationToken) =>
        {
            if (parse.GetValue(level) is not { } word)
            {
                return output.Write(await daemon.GetAsync("v1/loglevel", ApiJson.Default.LogLevelReport, cancellationToken), ApiJson.Default.LogLevelReport, Write);
            }

            using var body = JsonContent.Create(new LogLevelRequest(word, parse.GetValue(category)), ApiJson.Default.LogLevelRequest);
            return output.Write(await daemon.PostAsync("v1/loglevel", body, ApiJson.Default.LogLevelReport, cancellationToken), ApiJson.Default.LogLevelReport, Write);
        });
    }

    private static void Write(Terminal terminal, LogLevelReport report)
    {
        terminal.WriteLine(report.Level);
        foreach (var entry in report.Categories)
        {
            terminal.WriteLine($"{entry.Category}: {entry.Level}");
        }
    }
}
