using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Eddy.Tests.Documents;

/// <summary>One command of a document and the lines it shows below; <c>...</c> in them stands for anything.</summary>
internal sealed record TranscriptCommand(string Line, IReadOnlyList<string> Shows);

/// <summary>A document's <c>console</c> blocks: each is a terminal, whose last command may go on for ever.</summary>
internal static class Transcript
{
    public static IReadOnlyList<IReadOnlyList<TranscriptCommand>> Read(string markdown)
    {
        var blocks = new List<IReadOnlyList<TranscriptCommand>>();
        List<(string Line, List<string> Shows)>? block = null;
        foreach (var line in markdown.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                if (block is not null)
                {
                    blocks.Add([.. block.Select(command => new TranscriptCommand(command.Line, command.Shows))]);
                }

                block = block is null && line == "```console" ? [] : null;
            }
            else if (block is not null && line.StartsWith("$ ", StringComparison.Ordinal))
            {
                block.Add((line[2..], []));
            }
            else
            {
                block?[^1].Shows.Add(line);
            }
        }

        return blocks;
    }
}

/// <summary>A shell to which commands are typed.</summary>
internal sealed class TranscriptTerminal : IAsyncDisposable
{
    private const string Ended = "ended with";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly Process _shell;
    private readonly List<string> _lines = [];
    private readonly SemaphoreSlim _more = new(0);

    public TranscriptTerminal(string directory, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("/bin/bash", ["--norc", "--noprofile"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _shell = new Process { StartInfo = start };
        _shell.OutputDataReceived += (_, line) => OnLine(line.Data);
        _shell.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _shell.Start();
        _shell.BeginOutputReadLine();
        _shell.BeginErrorReadLine();
    }

    /// <summary>Types a command, and waits until it has shown what it should and, unless it goes on, has ended well.</summary>
    public async Task RunAsync(TranscriptCommand command, bool goesOn)
    {
        int from;
        lock (_lines)
        {
            from = _lines.Count;
        }

        // In a subshell its input is not ours, of which it would eat the next command.
        await _shell.StandardInput.WriteLineAsync($"{{ {command.Line}; }} </dev/null; echo {Ended} $?");
        await _shell.StandardInput.FlushAsync();
        var wanted = command.Shows.Select(ToPattern).ToArray();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            string[] lines;
            lock (_lines)
            {
                lines = [.. _lines.Skip(from)];
            }

            var end = lines.FirstOrDefault(line => line.StartsWith(Ended, StringComparison.Ordinal));
            var seen = 0;
            foreach (var line in lines)
            {
                seen += seen < wanted.Length && wanted[seen].IsMatch(line) ? 1 : 0;
            }

            var isComplete = seen == wanted.Length;
            if (goesOn ? isComplete && end is null : isComplete && end == $"{Ended} 0")
            {
                return;
            }

            var all = string.Join('\n', lines);
            Assert.True(end is null, $"'{command.Line}' ended{(isComplete ? "" : $" without showing '{command.Shows[seen]}'")}:\n{all}");
            Assert.True(Stopwatch.GetElapsedTime(started) < Longest, $"'{command.Line}' took too long{(isComplete ? "" : $" to show '{command.Shows[seen]}'")}:\n{all}");
            await _more.WaitAsync(TimeSpan.FromSeconds(5));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_shell.HasExited)
        {
            _shell.Kill(entireProcessTree: true);
            await _shell.WaitForExitAsync();
        }

        _shell.Dispose();
        _more.Dispose();
    }

    private static Regex ToPattern(string line) =>
        new($"^{string.Join(".*", line.Split("...").Select(Regex.Escape))}$", RegexOptions.CultureInvariant);

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lines)
        {
            _lines.Add(line);
        }

        try
        {
            _more.Release();
        }
        catch (ObjectDisposedException)
        {
            // The last words of a shell that was ended.
        }
    }
}
