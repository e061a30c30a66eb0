using System.Globalization;
using Eddy.Engine.Ports;
using Microsoft.Data.Sqlite;

namespace Eddy.Sqlite;

/// <summary>Puts another database in the place of one that is not good any more. The old one is kept under another name.</summary>
public static class StoreReplacement
{
    private const string PartSuffix = ".new";

    /// <summary>Puts a copy of a backup there, or of any database of eddy's; the copy is marked as one.</summary>
    /// <returns>Where the old database is now; null where there was none.</returns>
    /// <exception cref="StoreException">The backup is not sound, the database is in use, or the disk will not have it. Nothing has changed.</exception>
    public static string? Restore(string database, string backup, DateTimeOffset now) => Replace(database, now, part =>
    {
        OwnedFile.Copy(backup, part);
        StoreBackup.Mark(part, now);
    });

    /// <summary>Puts an empty database there.</summary>
    /// <returns>Where the old database is now; null where there was none.</returns>
    /// <exception cref="StoreException">The database is in use, or the disk will not have it. Nothing has changed.</exception>
    public static string? StartEmpty(string database, DateTimeOffset now) => Replace(database, now, part =>
    {
        using var connection = SqliteStore.ConnectSingle(part);
        SchemaMigrations.Run(connection, part);
    });

    private static string? Replace(string database, DateTimeOffset now, Action<string> make)
    {
        var part = database + PartSuffix;
        using var guard = SqliteStore.TakeGuard(database);
        try
        {
            OwnedFile.Delete(part);
            make(part);
            var old = SetAside(database, now);
            File.Move(part, database);
            return old;
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, part);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Failed, $"{database} cannot be replaced: {exception.Message}", exception);
        }
        finally
        {
            OwnedFile.TryDelete(part);
        }
    }

    /// <summary>With its log, which SQLite would otherwise take for the new one's.</summary>
    private static string? SetAside(string database, DateTimeOffset now)
    {
        var stamp = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var old = $"{database}.replaced-{stamp}";
        for (var number = 2; File.Exists(old); number++)
        {
            old = $"{database}.replaced-{stamp}-{number}";
        }

        var isThere = File.Exists(database);
        foreach (var file in OwnedFile.WithCompanions(database).Reverse().Where(File.Exists))
        {
            File.Move(file, old + file[database.Length..], overwrite: false);
        }

        return isThere ? old : null;
    }
}
