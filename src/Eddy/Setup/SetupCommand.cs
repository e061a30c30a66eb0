using System.CommandLine;
using Eddy.CommandLine;
using Eddy.Configuration;

namespace Eddy.Setup;

/// <summary><c>eddy setup</c>: from a running LND to a configuration, question by question.</summary>
internal static class SetupCommand
{
    public static void AddTo(EddyCommands commands, Command root, ConfigFlags flags, Terminal terminal)
    {
        var lndDir = new Option<string?>("--lnddir") { Description = "LND's directory; looked for in the usual places where this is not given", HelpName = "DIR" };
        var admin = new Option<string?>("--admin-macaroon") { Description = "May bake others: read for one call, if you agree, and not kept; found in LND's directory", HelpName = "FILE" };
        var mode = new Option<string?>("--mode") { Description = "observe: only watch; active: take part in rings", HelpName = "MODE" };
        mode.AcceptOnlyFromAmong("observe", "active");
        var unit = new Option<string?>("--unit") { Description = $"Write a systemd unit there, like {SystemdUnit.StandardFile}", HelpName = "FILE" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Ask nothing and agree to everything: bake the macaroon, write the files; a file that is replaced is kept beside" };
        var never = new Option<bool>("--non-interactive") { Description = "Ask nothing, and do only what needs no permission: print the bakemacaroon line, replace no file" };
        var command = new Command("setup", "Find LND, bake the macaroon, write eddy.conf and a systemd unit, with a question before each") { lndDir, admin, mode, unit, yes, never };
        command.Validators.Add(result =>
        {
            if (result.GetResult(yes) is not null && result.GetResult(never) is not null)
            {
                result.AddError("--yes and --non-interactive exclude one another");
            }
        });
        commands.Add(root, command, (parse, cancellationToken) =>
        {
            var answering = parse.GetValue(yes) ? Answering.Yes : parse.GetValue(never) ? Answering.Never : Answering.Ask;
            var given = flags.Given(parse);
            if (parse.GetValue(mode) is { } chosen)
            {
                given[ConfigKeys.Mode] = chosen;
            }

            var options = new SetupOptions(
                flags.FileOf(parse), given, Full(parse.GetValue(lndDir)), Full(parse.GetValue(admin)), Full(parse.GetValue(unit)), LndPlaces.OfThisMachine());
            return new SetupRun(options, new Questions(terminal, answering), terminal, TimeProvider.System).RunAsync(cancellationToken);
        });
    }

    private static string? Full(string? path) => path is null ? null : ConfigReaders.ExpandPath(path, Environment.CurrentDirectory);
}

/// <summary>What setup was told.</summary>
/// <param name="ConfigFile">To be written.</param>
/// <param name="Given">Flags of the command line: they go into the file.</param>
internal sealed record SetupOptions(
    string ConfigFile, IReadOnlyDictionary<ConfigKey, string> Given, string? LndDirectory, string? AdminMacaroon, string? Unit, LndPlaces Places);
