using Eddy.Engine.Ports;
using Microsoft.Data.Sqlite;

namespace Eddy.Sqlite;

/// <summary>SQLite's result codes (sqlite.org/rescode.html) as faults of the store, with a sentence for the operator.</summary>
internal static class SqliteErrors
{
    private const int Permission = 3;
    private const int Busy = 5;
    private const int TableLocked = 6;
    private const int ReadOnlyFile = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>While one file is made of another.</summary>
    /// <param name="exception">What SQLite said.</param>
    /// <param name="from">Named where what was read is at fault.</param>
    /// <param name="to">Named where writing failed.</param>
    public static StoreException Translate(SqliteException exception, string from, string to) =>
        Translate(exception, CodeOf(exception) is Busy or TableLocked or Corrupt or NotADatabase ? from : to);

    /// <summary>While nothing but reading was asked for.</summary>
    public static StoreException TranslateReading(SqliteException exception, string path) => CodeOf(exception) is Permission or CannotOpen
        ? new StoreException(StoreFault.Failed, $"{path} cannot be read: check owner and mode of the file and of its directory.", exception)
        : Translate(exception, path);

    public static StoreException Translate(SqliteException exception, string path)
    {
        var (fault, message) = CodeOf(exception) switch
        {
            Busy or TableLocked => (StoreFault.Locked, $"Another program holds the database {path}: end it, or let it finish."),
            Full => (StoreFault.Full, $"The disk that holds {path} is full: make room."),
            Permission or ReadOnlyFile or CannotOpen => (StoreFault.ReadOnly,
                $"The database {path} cannot be opened for writing: check owner and mode of the file and of its directory."),
            Corrupt or NotADatabase => (StoreFault.Corrupt,
                $"{path} is damaged or no database of eddy's ({exception.Message.TrimEnd('.')})."),
            InputOutput => (StoreFault.Failed, $"Reading or writing {path} failed: check the disk ({exception.Message.TrimEnd('.')})."),
            _ => (StoreFault.Failed, $"The database {path} failed: {exception.Message.TrimEnd('.')}."),
        };
        return new StoreException(fault, message, exception);
    }

    /// <summary>Without what some calls add to it in the higher bits.</summary>
    private static int CodeOf(SqliteException exception) => exception.SqliteErrorCode & 0xFF;
}
