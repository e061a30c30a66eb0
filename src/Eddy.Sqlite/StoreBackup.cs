using System.Collections.Immutable;
using System.Globalization;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace Eddy.Sqlite;

/// <summary>A copy of a database: whole, checked when it was made, and marked as a copy, so that an engine that finds it knows what it misses.</summary>
/// <param name="Schema">Set where it was made before a migration: the schema that it has.</param>
public sealed record StoreBackup(string Path, DateTimeOffset At, long Size, int? Schema)
{
    private const string Prefix = "eddy-";
    private const string Suffix = ".db";
    private const string SchemaMark = "-schema";
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";
    private const string PartSuffix = ".new";

    /// <summary>Those in a directory, newest first. One that does not exist holds none.</summary>
    public static ImmutableArray<StoreBackup> List(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }

        return
        [
            .. new DirectoryInfo(directory).EnumerateFiles($"{Prefix}*{Suffix}").Select(Read).OfType<StoreBackup>()
                .OrderByDescending(static backup => backup.At).ThenByDescending(static backup => backup.Path, StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// Copies a database while it is used (SQLite's online backup), checks the copy, and only then gives it its name: whatever goes wrong,
    /// the copies that were there before stay.
    /// </summary>
    /// <param name="database">The file to copy.</param>
    /// <param name="directory">Where copies are kept; made where it is missing.</param>
    /// <param name="now">Names the copy.</param>
    /// <param name="schema">The schema of what is copied, where a migration is about to change it.</param>
    /// <exception cref="StoreException">The copy could not be made, or is not sound.</exception>
    public static StoreBackup Make(string database, string directory, DateTimeOffset now, int? schema = null)
    {
        var name = $"{Prefix}{now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}{(schema is { } number ? $"{SchemaMark}{number}" : "")}{Suffix}";
        var path = System.IO.Path.Combine(directory, name);
        var part = path + PartSuffix;
        try
        {
            OwnedFile.CreateDirectory(directory);
            OwnedFile.Delete(part);
            OwnedFile.Create(part);
            Copy(database, part);
            Mark(part, now);
            File.Move(part, path, overwrite: false);
            return new StoreBackup(path, now, new FileInfo(path).Length, schema);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw exception is SqliteException fault ? SqliteErrors.Translate(fault, part) : new StoreException(StoreFault.Failed, $"{path} cannot be made: {exception.Message}", exception);
        }
        finally
        {
            OwnedFile.TryDelete(part);
        }
    }

    /// <summary>Leaves the newest, and the newest of those made before a migration.</summary>
    public static void Prune(string directory, int keep)
    {
        var all = List(directory);
        var beforeMigration = all.FirstOrDefault(static backup => backup.Schema is not null);
        foreach (var backup in all.Skip(keep).Where(backup => backup != beforeMigration))
        {
            File.Delete(backup.Path);
        }
    }

    /// <summary>Throws unless the file is a sound database of eddy's that this binary knows.</summary>
    /// <exception cref="StoreException">It is not.</exception>
    public static void Check(string path)
    {
        // SQLite makes files beside what it opens; a copy of the copy keeps the directory as it is.
        var part = path + PartSuffix;
        try
        {
            OwnedFile.Delete(part);
            OwnedFile.Copy(path, part);
            using var connection = SqliteStore.ConnectSingle(part);
            Check(connection, path);
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreFault.Failed, $"{path} cannot be checked: {exception.Message}", exception);
        }
        finally
        {
            OwnedFile.TryDelete(part);
        }
    }

    internal static void Check(SqliteConnection connection, string path)
    {
        SchemaMigrations.Check(connection, path);
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        if (command.ExecuteScalar() is not "ok" and var finding)
        {
            throw new StoreException(StoreFault.Corrupt, $"{path} is damaged: {finding}.");
        }
    }

    /// <summary>Makes one plain file of it, checks it and writes down that it is a copy.</summary>
    internal static void Mark(string path, DateTimeOffset now)
    {
        using (var connection = SqliteStore.ConnectSingle(path))
        {
            Check(connection, path);
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT OR IGNORE INTO setting (key, value) VALUES ($key, ''); UPDATE setting SET value = $at WHERE key = $key AND value = ''";
            command.Parameters.AddWithValue("$key", StoreSettings.CopiedAt);
            command.Parameters.AddWithValue("$at", now.UtcDateTime.ToString("u", CultureInfo.InvariantCulture));
            command.ExecuteNonQuery();
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    private static void Copy(string database, string to)
    {
        using var source = SqliteStore.ConnectToCopy(database);
        using var destination = SqliteStore.ConnectSingle(to);
        source.BackupDatabase(destination);
    }

    private static StoreBackup? Read(FileInfo file)
    {
        var name = file.Name[Prefix.Length..^Suffix.Length];
        var mark = name.IndexOf(SchemaMark, StringComparison.Ordinal);
        int? schema = null;
        if (mark >= 0)
        {
            if (!int.TryParse(name.AsSpan(mark + SchemaMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            (schema, name) = (number, name[..mark]);
        }

        return DateTimeOffset.TryParseExact(name, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? new StoreBackup(file.FullName, at, file.Length, schema)
            : null;
    }
}
