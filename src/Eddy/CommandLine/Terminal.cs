using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Eddy.CommandLine;

/// <summary>Where a command writes: tables and colours on a terminal, plain aligned text where the output is piped.</summary>
/// <param name="Output">Results. With <c>--json</c> one document and nothing else.</param>
/// <param name="Error">What went wrong, and logs.</param>
/// <param name="IsInteractive">Output is a terminal.</param>
internal sealed record Terminal(TextWriter Output, TextWriter Error, bool IsInteractive)
{
    private const int PlainWidth = 10_000;

    private IAnsiConsole? _ansi;

    /// <summary>Answers to questions, a line for each.</summary>
    public TextReader Input { get; init; } = TextReader.Null;

    /// <summary>Spectre's view of the output; made when it is first needed, for the daemon needs none.</summary>
    public IAnsiConsole Ansi => _ansi ??= CreateAnsi(Output, IsInteractive);

    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected) { Input = Console.In };

    /// <summary>Takes control characters out: names and reasons come from strangers and must not steer the terminal.</summary>
    public static string Clean(string text)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            clean.Append(IsUnsafe(character) ? ' ' : character);
        }

        return clean.ToString();
    }

    public void WriteLine(string line = "")
    {
        if (IsInteractive)
        {
            // Breaks long lines between words.
            Ansi.WriteLine(Clean(line));
        }
        else
        {
            Output.WriteLine(Clean(line));
        }
    }

    /// <summary>A text of our own, as it is: it is not broken into lines, for it is to be copied or read by a program.</summary>
    public void WriteText(string text) => Output.Write(text);

    /// <summary>Where it cannot be written the exit code still tells.</summary>
    public void WriteError(string line)
    {
        try
        {
            Error.WriteLine($"eddy: {Clean(line)}");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // There is nowhere else to say it.
        }
    }

    public void WriteJson<T>(T value, JsonTypeInfo<T> type) => Output.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Control characters, and those that turn the direction of writing.</summary>
    private static bool IsUnsafe(char character) =>
        char.IsControl(character) || character is '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static IAnsiConsole CreateAnsi(TextWriter output, bool isInteractive)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isInteractive ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isInteractive)
        {
            console.Profile.Width = PlainWidth;
        }

        return console;
    }
}
