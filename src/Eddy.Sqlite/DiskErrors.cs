using Eddy.Engine.Ports;

namespace Eddy.Sqlite;

/// <summary>What the system says of a disk, as faults of the store, with a sentence for the operator.</summary>
internal static class DiskErrors
{
    /// <summary>ENOSPC, as Linux and macOS number it.</summary>
    private const int NoSpace = 28;

    /// <summary>EDQUOT of Linux.</summary>
    private const int OverQuota = 122;

    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <param name="exception">An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</param>
    /// <param name="path">The file that the operator knows.</param>
    /// <param name="part">The file that was really worked at, which the operator does not know.</param>
    public static StoreException Translate(Exception exception, string path, string? part = null)
    {
        var (fault, message) = exception switch
        {
            UnauthorizedAccessException => (StoreFault.ReadOnly, $"{path} cannot be written: check owner and mode of the file and of its directory."),
            { HResult: OwnedFile.ReadOnlyFileSystem } => (StoreFault.ReadOnly, $"{path} is on a read-only file system."),
            { HResult: NoSpace or OverQuota } => (StoreFault.Full, $"The disk that holds {path} is full: make room."),
            _ => (StoreFault.Failed, $"{path} cannot be written: {(part is null ? exception.Message : exception.Message.Replace(part, path, StringComparison.Ordinal))}"),
        };
        return new StoreException(fault, message, exception);
    }
}
