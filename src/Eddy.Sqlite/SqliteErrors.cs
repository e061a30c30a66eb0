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

    public static StoreException Translate(SqliteException exception, string path)
    {
        var (fault, message) = exception.SqliteErrorCode switch
        {
            Busy or TableLocked => (StoreFault.Locked, $"Another program holds the database {path}: end it, or let it finish."),
            Full => (StoreFault.Full, $"The disk that holds {path} is full: make room."),
            Permission or ReadOnlyFile or CannotOpen => (StoreFault.ReadOnly,
                $"The database {path} cannot be opened for writing: check owner and mode of the file and of its directory."),
            Corrupt or NotADatabase => (StoreFault.Corrupt,
                $"{path} is damaged or no database of eddy's ({exception.Message.TrimEnd('.')})."),
            InputOutput => (StoreFault.Failed, $"Reading or writing {path} failed: check the disk ({exception.Message})."),
            _ => (StoreFault.Failed, $"The database {path} failed: {exception.Message}."),
        };
        return new StoreException(fault, message, exception);
    }
}
