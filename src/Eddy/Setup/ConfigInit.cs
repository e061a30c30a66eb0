using System.CommandLine;
using Eddy.CommandLine;
using Eddy.Configuration;
using Eddy.Hosting;
using Eddy.Lnd.Access;

namespace Eddy.Setup;

/// <summary><c>eddy config init</c>: writes a commented configuration file, with a target for each channel of the node.</summary>
internal static class ConfigInit
{
    public static void AddTo(EddyCommands commands, Command config, ConfigFlags flags, Terminal terminal)
    {
        var print = new Option<bool>("--print") { Description = "To standard output, and write nothing" };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there; it is kept beside" };
        var offline = new Option<bool>("--offline") { Description = "Do not ask LND about its channels" };
        var command = new Command("init", "Write a commented configuration file that says what each key does, and proposes targets for the node's channels") { print, force, offline };
        commands.Add(config, command, async (parse, cancellationToken) =>
        {
            var file = flags.FileOf(parse);
            var isThere = File.Exists(file);
            if (isThere && !parse.GetValue(print) && !parse.GetValue(force))
            {
                throw new CommandException(ExitCode.Usage, $"{file} is there already: --force replaces it and keeps a copy, --print shows the new one");
            }

            var effective = isThere ? flags.Load(parse) : LoadWithout(flags, parse);
            var survey = parse.GetValue(offline) ? null : await SurveyAsync(effective, cancellationToken);
            var text = ConfigTemplate.Write(effective, survey, TimeProvider.System.GetUtcNow());
            if (parse.GetValue(print))
            {
                terminal.WriteText(text);
            }
            else
            {
                new SetupFiles(new Questions(terminal, Answering.Yes), terminal, TimeProvider.System).Write(file, text, "the configuration");
            }

            return ExitCode.Done;
        });
    }

    private static EddyConfig LoadWithout(ConfigFlags flags, ParseResult parse)
    {
        var (config, mistakes) = ConfigLoader.Load(null, Environment.GetEnvironmentVariables(), flags.Given(parse), readsFile: false);
        return config ?? throw new CommandException(ExitCode.Usage, [.. mistakes.Select(mistake => mistake.ToString())]);
    }

    private static async Task<LndSurveyReport> SurveyAsync(EddyConfig config, CancellationToken cancellationToken)
    {
        var (report, problem) = await LndSurvey.RunAsync(DaemonOptions.From(config).Lnd, cancellationToken);
        return report ?? throw new CommandException(problem!.ExitCode, problem.ToString(), "'eddy setup' finds LND and bakes the macaroon; --offline writes the file without LND");
    }
}
