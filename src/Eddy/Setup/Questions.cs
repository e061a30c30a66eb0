using Eddy.CommandLine;

namespace Eddy.Setup;

/// <summary>How questions are answered.</summary>
internal enum Answering
{
    /// <summary>By whoever sits there, or by what is piped in: a line for each.</summary>
    Ask,

    /// <summary>With yes, and with what is proposed.</summary>
    Yes,

    /// <summary>Not at all: what needs a permission is left undone.</summary>
    Never,
}

/// <summary>Plain questions, a line each, that work in a terminal and in a pipe alike.</summary>
internal sealed class Questions(Terminal terminal, Answering answering)
{
    public Answering Answering => answering;

    /// <summary>Asks for a permission.</summary>
    /// <param name="question">What is to be done.</param>
    /// <param name="proposed">What an empty line means.</param>
    public bool Confirm(string question, bool proposed)
    {
        if (answering != Answering.Ask)
        {
            return answering == Answering.Yes;
        }

        return Read($"{question} [{(proposed ? "Y/n" : "y/N")}]", answer => answer.ToUpperInvariant() switch
        {
            "" => (proposed, null),
            "Y" or "YES" => (true, null),
            "N" or "NO" => (false, null),
            _ => (false, "Please answer yes or no."),
        });
    }

    /// <summary>Lets one of a few words be chosen; without an asker, the one proposed.</summary>
    public string Choose(string question, string proposed, params string[] choices) => answering != Answering.Ask ? proposed : Read(
        $"{question} [{string.Join('/', choices.Select(choice => choice == proposed ? choice.ToUpperInvariant() : choice))}]",
        answer => answer.Length == 0 ? (proposed, null)
            : choices.FirstOrDefault(choice => choice.StartsWith(answer, StringComparison.OrdinalIgnoreCase)) is { } chosen ? (chosen, null)
            : ("", $"Please answer {string.Join(" or ", choices)}."));

    /// <summary>Asks for a text that <paramref name="wrong"/> has nothing against.</summary>
    /// <exception cref="CommandException">Nobody may be asked.</exception>
    public string Text(string question, Func<string, string?> wrong, string otherwise) => answering == Answering.Ask
        ? Read(question, answer => (answer, answer.Length == 0 ? "Please name one." : wrong(answer)))
        : throw new CommandException(ExitCode.Usage, otherwise);

    private T Read<T>(string question, Func<string, (T Value, string? Wrong)> understand)
    {
        while (true)
        {
            terminal.Output.Write($"{Terminal.Clean(question)} ");
            terminal.Output.Flush();
            if (terminal.Input.ReadLine() is not { } line)
            {
                terminal.Output.WriteLine();
                throw new CommandException(ExitCode.Usage, $"no answer to '{question}', for the input has ended; --yes agrees to everything, --non-interactive asks nothing");
            }

            var (value, wrong) = understand(line.Trim());
            if (wrong is null)
            {
                return value;
            }

            terminal.WriteLine(wrong);
        }
    }
}
