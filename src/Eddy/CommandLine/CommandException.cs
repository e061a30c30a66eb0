namespace Eddy.CommandLine;

/// <summary>A command cannot do what it was asked: a line (or several) for the user, and the exit code.</summary>
internal sealed class CommandException(int exitCode, params IReadOnlyList<string> lines) : Exception(string.Join('\n', lines))
{
    public int ExitCode { get; } = exitCode;

    public IReadOnlyList<string> Lines { get; } = lines;
}
