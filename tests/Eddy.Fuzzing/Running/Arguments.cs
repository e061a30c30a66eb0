using System.Globalization;

namespace Eddy.Fuzzing.Running;

/// <summary>The command line.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Feeds mutated bytes to everything that a peer or a file can reach, and says what breaks.
          [TARGET,TARGET | all]  what to fuzz; all where nothing is said
          --seconds N            how long in all (60; no limit with --executions)
          --executions N         how many inputs for each target
          --seed N               where the random numbers begin (1)
          --replay FILE          run one input on one target and say what happens
          --save DIR             write what covers everything found, minimised, one file a target, and the figures once a minute
          --corpus DIR           begin with these inputs instead of the ones beside the program
          --crashes DIR          where inputs that break something go (./fuzz-crashes)
          --uninstrumented       without coverage: only what a target says of its outcome guides it
          --list                 the targets
          --json                 one JSON document at the end instead of a live table
        Ends with 1 where something broke, with 2 on a wrong command line.
        """;

    public string Targets { get; init; } = "all";

    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    public long Executions { get; init; } = long.MaxValue;

    public ulong Seed { get; init; } = 1;

    public string? Replay { get; init; }

    public string? Save { get; init; }

    public string? Corpus { get; init; }

    public string Crashes { get; init; } = Path.Combine(Environment.CurrentDirectory, "fuzz-crashes");

    public bool IsUninstrumented { get; init; }

    public bool IsList { get; init; }

    public bool IsJson { get; init; }

    /// <exception cref="FormatException">It is not what it should be.</exception>
    public static Arguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new Arguments();
        var hasTime = false;
        for (var index = 0; index < args.Count; index++)
        {
            string Next() => ++index < args.Count ? args[index] : throw new FormatException($"{args[index - 1]} needs a value.");
            switch (args[index])
            {
                case "--seconds":
                    parsed = parsed with { Time = TimeSpan.FromSeconds(Number(Next())) };
                    hasTime = true;
                    break;
                case "--executions":
                    parsed = parsed with { Executions = (long)Number(Next()) };
                    break;
                case "--seed":
                    parsed = parsed with { Seed = Number(Next()) };
                    break;
                case "--replay":
                    parsed = parsed with { Replay = Next() };
                    break;
                case "--save":
                    parsed = parsed with { Save = Path.GetFullPath(Next()) };
                    break;
                case "--corpus":
                    parsed = parsed with { Corpus = Path.GetFullPath(Next()) };
                    break;
                case "--crashes":
                    parsed = parsed with { Crashes = Path.GetFullPath(Next()) };
                    break;
                case "--uninstrumented":
                    parsed = parsed with { IsUninstrumented = true };
                    break;
                case "--list":
                    parsed = parsed with { IsList = true };
                    break;
                case "--json":
                    parsed = parsed with { IsJson = true };
                    break;
                case var target when !target.StartsWith('-'):
                    parsed = parsed with { Targets = target };
                    break;
                case var unknown:
                    throw new FormatException($"Unknown: {unknown}");
            }
        }

        return !hasTime && parsed.Executions != long.MaxValue ? parsed with { Time = TimeSpan.FromDays(365) } : parsed;
    }

    private static ulong Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue
            ? number
            : throw new FormatException($"'{text}' is no whole number.");
}
