using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Serialization;
using Eddy.Configuration;

namespace Eddy.CommandLine;

/// <summary><c>eddy config check</c> and <c>eddy config show</c>.</summary>
internal static class ConfigCommands
{
    public static void AddTo(EddyCommands commands, Command root, ConfigFlags flags, Terminal terminal)
    {
        var config = new Command("config", "Write, check or show the configuration");
        root.Subcommands.Add(config);
        Setup.ConfigInit.AddTo(commands, config, flags, terminal);

        var check = new Command("check", "Report every mistake in the configuration");
        var checkJson = EddyCommands.AddJson(check);
        commands.Add(config, check, (parse, _) => Task.FromResult(Check(flags.TryLoad(parse), new(terminal, parse.GetValue(checkJson)))));

        var show = new Command("show", "Show what holds, and where each value came from");
        var showJson = EddyCommands.AddJson(show);
        commands.Add(config, show, (parse, _) => Task.FromResult(Effective(flags.Load(parse), new(terminal, parse.GetValue(showJson)))));
    }

    private static int Check(ConfigResult result, Output output)
    {
        var mistakes = result.Config is { } config ? [.. FileChecks.Mistakes(config)] : result.Mistakes;
        var notes = result.Config is { } valid ? FileChecks.Notes(valid).ToImmutableArray() : [];
        foreach (var mistake in mistakes)
        {
            output.Terminal.WriteError(mistake.ToString());
        }

        foreach (var note in notes)
        {
            output.Terminal.WriteError($"note: {note}");
        }

        var report = new CheckReport(mistakes.IsEmpty, result.Config?.File, [.. mistakes.Select(mistake => new MistakeReport(mistake.Origin.ToString()!, mistake.Text))]);
        output.Write(report, ConfigJson.Default.CheckReport, static (terminal, report) =>
        {
            if (report.Valid)
            {
                terminal.WriteLine(report.File is { } file ? $"{file} is valid." : "The configuration is valid; there is no file, so the defaults hold.");
            }
        });
        return mistakes.IsEmpty ? ExitCode.Done : ExitCode.Usage;
    }

    private static int Effective(EddyConfig config, Output output)
    {
        var report = new ConfigReport(
            config.File,
            [.. config.Values.Select(value => new ValueReport(value.Key.FullName, TextOf(value), value.Origin.ToString()!))]);
        return output.Write(report, ConfigJson.Default.ConfigReport, static (terminal, report) =>
        {
            var table = new TextTable { Title = report.File is { } file ? $"Configuration file {file}" : "No configuration file" }.Column("key").Column("value").Column("from");
            foreach (var value in report.Values)
            {
                table.Row(value.Key, value.Value, value.From);
            }

            table.WriteTo(terminal);
        });
    }

    /// <summary>Paths as they were understood, everything else as it was written.</summary>
    private static string TextOf(ConfigValue value) => value.Key.Read == ConfigReaders.FilePath && value.Value is string path ? path : value.Text;
}

internal sealed record CheckReport(bool Valid, string? File, ImmutableArray<MistakeReport> Mistakes);

internal sealed record MistakeReport(string Where, string What);

internal sealed record ConfigReport(string? File, ImmutableArray<ValueReport> Values);

internal sealed record ValueReport(string Key, string Value, string From);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(ConfigReport))]
internal sealed partial class ConfigJson : JsonSerializerContext;
