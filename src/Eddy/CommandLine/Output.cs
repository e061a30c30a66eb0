using System.Text.Json.Serialization.Metadata;

namespace Eddy.CommandLine;

/// <summary>Where a command's result goes, and in which form.</summary>
internal sealed record Output(Terminal Terminal, bool IsJson)
{
    /// <summary>Writes the one result of a command that was done.</summary>
    public int Write<T>(T report, JsonTypeInfo<T> type, Action<Terminal, T> show)
    {
        if (IsJson)
        {
            Terminal.WriteJson(report, type);
        }
        else
        {
            show(Terminal, report);
        }

        return ExitCode.Done;
    }
}
