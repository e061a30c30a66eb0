using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json.Serialization;
using Eddy.Hosting;
using Eddy.Lnd.Access;

namespace Eddy.CommandLine;

/// <summary><c>eddy macaroon</c>: how to bake the macaroon with the least rights.</summary>
internal static class MacaroonCommand
{
    public static void AddTo(EddyCommands commands, Command root, ConfigFlags flags, Terminal terminal)
    {
        var command = new Command("macaroon", "Print the lncli line that bakes a macaroon with the least rights eddy needs");
        var json = EddyCommands.AddJson(command);
        commands.Add(root, command, (parse, _) =>
        {
            var config = flags.Load(parse);
            var report = new MacaroonReport(
                MacaroonAdvice.BakeCommand(config.Macaroon, config.Network),
                MacaroonAdvice.SavePath(config.Macaroon),
                [.. MacaroonRights.All.Select(right => new RightReport($"uri:{right.Method}", right.IsOptional))]);
            return Task.FromResult(new Output(terminal, parse.GetValue(json)).Write(
                report, MacaroonJson.Default.MacaroonReport, static (terminal, report) => terminal.WriteLine(report.Command)));
        });
    }
}

internal sealed record MacaroonReport(string Command, string File, ImmutableArray<RightReport> Permissions);

internal sealed record RightReport(string Permission, bool Optional);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(MacaroonReport))]
internal sealed partial class MacaroonJson : JsonSerializerContext;
