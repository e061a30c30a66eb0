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
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromDays(1);

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
        string? part = null;
        try
        {
            OwnedFile.CreateDirectory(directory);
            part = OwnedFile.Unused(path + PartSuffix);
            OwnedFile.Create(part);
            Copy(database, part, path);
            Mark(part, now, database, path);
            File.Move(part, path, overwrite: false);
            DirectoryEntries.Sync(path);
            return new StoreBackup(path, now, new FileInfo(path).Length, schema);
        }
        catch (Exception exception) when (DiskErrors.Is(exception))
        {
            throw DiskErrors.Translate(exception, path, part);
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

        // What a killed process was making. Its name has a time in it, so that nobody would ever use or remove it.
        var abandoned = DateTime.UtcNow - AbandonedAfter;
        foreach (var part in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, $"{Prefix}*{Suffix}{PartSuffix}*") : [])
        {
            if (File.GetLastWriteTimeUtc(part) < abandoned)
            {
                File.Delete(part);
            }
        }
    }

    /// <summary>
    /// Throws unless the file, with the log that may be beside it, is a sound database of eddy's that this binary knows. Needs room on the
    /// disk only where there is such a log.
    /// </summary>
    /// <exception cref="StoreException">It is not (<see cref="StoreFault.Corrupt"/>, <see cref="StoreFault.Newer"/>), or the disk does not let us look (all others).</exception>
    public static void Check(string path)
    {
        if (DatabaseFile.HasLog(path))
        {
            CheckWithLog(path);
            return;
        }

        try
        {
            using var connection = SqliteStore.ConnectUnchanging(path);
            Check(connection, path);
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.TranslateReading(exception, path);
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
    /// <param name="part">The file.</param>
    /// <param name="now">When it is a copy of, unless it says so itself.</param>
    /// <param name="from">What it is a copy of: named where it is not sound.</param>
    /// <param name="to">What it will be: named where it cannot be written.</param>
    internal static void Mark(string part, DateTimeOffset now, string from, string to)
    {
        try
        {
            using var connection = SqliteStore.ConnectSingle(part);
            Check(connection, from);
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT OR IGNORE INTO setting (key, value) VALUES ($key, ''); UPDATE setting SET value = $at WHERE key = $key AND value = ''";
            command.Parameters.AddWithValue("$key", StoreSettings.CopiedAt);
            command.Parameters.AddWithValue("$at", now.UtcDateTime.ToString("u", CultureInfo.InvariantCulture));
            command.ExecuteNonQuery();
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, from, to);
        }

        using var file = new FileStream(part, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    private static void Copy(string database, string part, string to)
    {
        try
        {
            using var source = SqliteStore.ConnectToCopy(database);
            try
            {
                using var destination = SqliteStore.ConnectSingle(part);
                source.BackupDatabase(destination);
            }
            catch (SqliteException exception)
            {
                throw SqliteErrors.Translate(exception, database, to);
            }
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, database);
        }
    }

    /// <summary>SQLite takes the log in when it opens the file; a copy of both keeps them as they are.</summary>
    private static void CheckWithLog(string path)
    {
        var part = OwnedFile.Unused(path + PartSuffix);
        try
        {
            DatabaseFile.Copy(path, part);
            using var connection = SqliteStore.ConnectSingle(part);
            Check(connection, path);
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, path);
        }
        catch (Exception exception) when (DiskErrors.Is(exception))
        {
            throw DiskErrors.Translate(exception, path, part);
        }
        finally
        {
            OwnedFile.TryDelete(part);
        }
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
