using System.CommandLine;
using Eddy.Configuration;

namespace Eddy.CommandLine;

/// <summary>The flags by which every command takes configuration: <c>--config</c> and one for each key.</summary>
internal sealed class ConfigFlags
{
    private readonly Option<string?> _file = new("--config")
    {
        Description = "Configuration file; ~/.eddy/eddy.conf where this is not given",
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Dictionary<ConfigKey, Option<string?>> _options = ConfigKeys.All.ToDictionary(key => key, key => new Option<string?>(key.Flag)
    {
        Description = key.Help,
        HelpName = "VALUE",
        Recursive = true,

        // These two say where the daemon is, which concerns every command; "eddy run --help" lists all.
        Hidden = key != ConfigKeys.DataDirectory && key != ConfigKeys.Listen,
    });

    public void AddTo(Command root)
    {
        root.Options.Add(_file);
        foreach (var key in ConfigKeys.All)
        {
            root.Options.Add(_options[key]);
        }
    }

    public ConfigResult TryLoad(ParseResult parse) => ConfigLoader.Load(parse.GetValue(_file), Environment.GetEnvironmentVariables(), Given(parse));

    /// <summary>The configuration file, whether it is there or not.</summary>
    public string FileOf(ParseResult parse) => parse.GetValue(_file) is { } file ? ConfigReaders.ExpandPath(file, Environment.CurrentDirectory) : ConfigLoader.DefaultFile;

    /// <summary>The flags of this command line.</summary>
    public Dictionary<ConfigKey, string> Given(ParseResult parse)
    {
        var flags = new Dictionary<ConfigKey, string>();
        foreach (var (key, option) in _options)
        {
            if (parse.GetResult(option) is { Implicit: false } && parse.GetValue(option) is { } value)
            {
                flags.Add(key, value.Trim());
            }
        }

        return flags;
    }

    /// <summary>What <c>--eddy.loglevel</c> says, where it is said.</summary>
    public LogLevel? LogLevelOf(ParseResult parse) => parse.GetResult(_options[ConfigKeys.LogLevel]) is { Implicit: false } ? Load(parse).LogLevel : null;

    /// <exception cref="CommandException">With every mistake.</exception>
    public EddyConfig Load(ParseResult parse)
    {
        var (config, mistakes) = TryLoad(parse);
        return config ?? throw new CommandException(ExitCode.Usage, [.. mistakes.Select(mistake => mistake.ToString())]);
    }

    /// <summary>What <c>eddy run --help</c> says beyond the options.</summary>
    public static void WriteHelp(TextWriter output)
    {
        output.WriteLine("Configuration (flags; the same without dashes in the file's sections, or as EDDY_SECTION__KEY in the environment):");
        var width = ConfigKeys.All.Max(key => key.Flag.Length);
        foreach (var key in ConfigKeys.All)
        {
            var standard = key.Default.Length > 0 ? $" [{key.Default}]" : "";
            output.WriteLine($"  {key.Flag.PadRight(width)}  {key.Help}{standard}");
        }

        output.WriteLine();
        output.WriteLine("Only in the file: [channel SCID] and [peer PUBKEY] with target, deadband and exclude.");
    }
}
