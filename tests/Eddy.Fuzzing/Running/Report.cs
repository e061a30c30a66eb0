using System.Globalization;
using System.Text.Json;

namespace Eddy.Fuzzing.Running;

/// <summary>What is said while it runs and at its end.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A table that takes its own place again, where there is a terminal; nothing otherwise.</summary>
    public static void Live(FuzzRun run)
    {
        if (Console.IsOutputRedirected)
        {
            return;
        }

        var table = Table(run);
        Console.Write($"\e[2J\e[H{table}");
    }

    public static string Table(FuzzRun run)
    {
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"{"target",-16} {"executions",14} {"per second",11} {"edges",7} {"outcomes",9} {"corpus",7} {"crashes",8}"),
        };
        foreach (var session in run.Sessions)
        {
            var rate = session.Executions / Math.Max(0.001, session.Taken.TotalSeconds);
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{session.Target.Name,-16} {session.Executions,14:N0} {rate,11:N0} {session.Edges,7:N0} {session.Features,9:N0} {session.CorpusSize,7:N0} {session.Crashes.Count,8}"));
        }

        var total = run.Sessions.Sum(static session => session.Executions);
        lines.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{"all",-16} {total,14:N0} {total / Math.Max(0.001, run.Elapsed.TotalSeconds),11:N0} {run.Sessions.Sum(static session => session.Edges),7:N0} {"",9} {run.Sessions.Sum(static session => session.CorpusSize),7:N0} {run.Sessions.Sum(static session => session.Crashes.Count),8}"));
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"{run.Elapsed.TotalSeconds:N0} s"));
        return string.Join(Environment.NewLine, lines) + Environment.NewLine;
    }

    public static string Json(FuzzRun run) => JsonSerializer.Serialize(
        new
        {
            seconds = Math.Round(run.Elapsed.TotalSeconds, 1),
            executions = run.Sessions.Sum(static session => session.Executions),
            crashes = run.Sessions.Sum(static session => session.Crashes.Count),
            targets = run.Sessions.Select(static session => new
            {
                name = session.Target.Name,
                executions = session.Executions,
                seconds = Math.Round(session.Taken.TotalSeconds, 1),
                edges = session.Edges,
                outcomes = session.Features,
                corpus = session.CorpusSize,
                crashes = session.Crashes.Count,
                bound = session.Target.Bound.ToString(),
                most_of_bound = Math.Round(session.MostOfBound, 3),
            }),
        },
        Indented);

    /// <summary>Writes the input, and says how to see it again.</summary>
    public static void Write(Crash crash, string directory)
    {
        Directory.CreateDirectory(directory);
        var name = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(crash.Input))[..12];
        var path = Path.Combine(directory, $"{crash.Target}-{name}");
        File.WriteAllBytes(path, crash.Input);
        Console.Error.WriteLine($"""

            {crash.Target}: {crash.Failure.Signature}
            {crash.Failure.Text}
            input ({crash.Input.Length} bytes): {Convert.ToBase64String(crash.Input.AsSpan(0, Math.Min(1_000, crash.Input.Length)))}
            again: dotnet run --project tests/Eddy.Fuzzing -c Release -- {crash.Target} --replay {path}
            """);
    }
}
