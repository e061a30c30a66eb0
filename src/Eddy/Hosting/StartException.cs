namespace Eddy.Hosting;

/// <summary>The daemon cannot start; each line is for the operator and says what to do.</summary>
internal sealed class StartException : Exception
{
    public StartException(int exitCode, string line, Exception? innerException = null)
        : base(line, innerException)
    {
        ExitCode = exitCode;
        Lines = [line];
    }

    public StartException(int exitCode, IReadOnlyList<string> lines)
        : base(string.Join('\n', lines))
    {
        ExitCode = exitCode;
        Lines = lines;
    }

    /// <summary>One of <see cref="Eddy.ExitCode"/>.</summary>
    public int ExitCode { get; }

    public IReadOnlyList<string> Lines { get; }

    /// <summary>It may go well a little later, without anybody doing anything to eddy: LND is away, the disk is full, somebody holds the database.</summary>
    public bool MayPass { get; init; }
}
