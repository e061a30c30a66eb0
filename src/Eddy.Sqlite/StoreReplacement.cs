using System.Globalization;
using Eddy.Engine.Ports;
using Microsoft.Data.Sqlite;

namespace Eddy.Sqlite;

/// <summary>
/// Puts another database in the place of one that is not good any more. The old one is kept under another name, with its logs. A mark lies
/// beside the database from before the first file is moved until after the last: whoever finds it knows that what is there may be
/// anything, and <see cref="SqliteStore.Open(string, string?)"/> refuses it.
/// </summary>
public static class StoreReplacement
{
    private const string MarkSuffix = ".replacing";

    /// <summary>The new database while it is made, and the mark while it is written: names of eddy's own, so that what a crash left under them can be removed.</summary>
    private const string PartSuffix = MarkSuffix + ".db";
    private const string MarkPartSuffix = MarkSuffix + ".new";

    /// <summary>Puts a copy of a backup there, or of any database of eddy's, with the log beside it; the copy is marked as one.</summary>
    /// <returns>Where the old database is now; null where there was none.</returns>
    /// <exception cref="StoreException">The backup is not sound, the database is in use, or the disk will not have it. Nothing has changed, unless the fault is of the moves themselves: then the next start names it.</exception>
    public static string? Restore(string database, string backup, DateTimeOffset now) => Restore(database, backup, now, null);

    /// <summary>Puts an empty database there.</summary>
    /// <returns>Where the old database is now; null where there was none.</returns>
    /// <exception cref="StoreException">The database is in use, or the disk will not have it. As for <see cref="Restore(string, string, DateTimeOffset)"/>.</exception>
    public static string? StartEmpty(string database, DateTimeOffset now) => Replace(database, null, now, null, part =>
    {
        try
        {
            using var connection = SqliteStore.ConnectSingle(part);
            SchemaMigrations.Run(connection, part);
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, database);
        }
    });

    /// <summary>A replacement of this database began and did not end.</summary>
    public static bool WasCutShort(string database) => File.Exists(database + MarkSuffix);

    /// <param name="database">The file to replace.</param>
    /// <param name="backup">What to put there.</param>
    /// <param name="now">Names what is kept.</param>
    /// <param name="afterStep">Called after each change of the directory: there a crash may come.</param>
    internal static string? Restore(string database, string backup, DateTimeOffset now, Action? afterStep) => Replace(database, backup, now, afterStep, part =>
    {
        DatabaseFile.Copy(backup, part);
        StoreBackup.Mark(part, now, backup, database);
    });

    internal static void ThrowIfCutShort(string database)
    {
        if (!WasCutShort(database))
        {
            return;
        }

        string? old;
        try
        {
            old = ReadMark(database).Find(File.Exists);
        }
        catch (Exception exception) when (DiskErrors.Is(exception))
        {
            throw new StoreException(
                StoreFault.CutShort, $"Putting another database in the place of {database} was cut short, and {database + MarkSuffix} cannot be read: check its owner and mode.", exception);
        }

        var (state, keep) = (IsThere: File.Exists(database), IsKept: old is not null) switch
        {
            { IsKept: false, IsThere: true } => ("the old one is still in its place", database),
            { IsKept: false } => ("there was no old one", null),
            { IsThere: true } => ($"the new one is in its place, and the old one kept as {old}", old),
            _ => ($"nothing is in its place, and the old one kept as {old}", old),
        };
        throw new StoreException(
            StoreFault.CutShort,
            $"Putting another database in the place of {database} was cut short: {state}."
            + (keep is null ? "" : $" 'eddy store restore --from {keep}' goes on with the old one."));
    }

    /// <summary>Removes what a crash left of a database that was being made. For whoever holds the guard, so that nobody is making one now.</summary>
    /// <param name="database">The database that was to be replaced.</param>
    /// <param name="except">Nothing of this name, by whatever path it is reached: somebody has named it.</param>
    internal static void RemoveParts(string database, string? except = null)
    {
        var named = except is null ? [] : OwnedFile.WithCompanions(Path.GetFileName(except)).ToArray();
        try
        {
            var whole = Path.GetFullPath(database);
            foreach (var part in Directory.GetFiles(Path.GetDirectoryName(whole) ?? "/", Path.GetFileName(whole) + PartSuffix + "*").Append(whole + MarkPartSuffix))
            {
                if (!named.Contains(Path.GetFileName(part)))
                {
                    File.Delete(part);
                }
            }
        }
        catch (Exception exception) when (DiskErrors.Is(exception))
        {
            // They take up room and are read by nothing.
        }
    }

    private static string? Replace(string database, string? source, DateTimeOffset now, Action? afterStep, Action<string> make)
    {
        string? part = null;
        using var guard = SqliteStore.TakeGuard(database);
        try
        {
            // What an earlier attempt left half moved: the logs are to lie beside their database before anybody reads it.
            var kept = MoveRest(database);
            RemoveParts(database, except: source);
            part = OwnedFile.Unused(database + PartSuffix);
            make(part);
            afterStep?.Invoke();
            return MoveAll(database, part, kept, now, afterStep);
        }
        catch (Exception exception) when (DiskErrors.Is(exception))
        {
            throw DiskErrors.Translate(exception, database, part);
        }
        finally
        {
            OwnedFile.TryDelete(part);
        }
    }

    private static string? MoveAll(string database, string part, string? kept, DateTimeOffset now, Action? afterStep)
    {
        var isThere = File.Exists(database);
        var old = isThere || kept is null
            ? OwnedFile.Unused($"{database}.replaced-{now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}")
            : kept;
        var hadMark = WasCutShort(database);
        string[] names = [.. ReadMark(database).Where(File.Exists).Append(old).Distinct()];
        try
        {
            WriteMark(database, names);
            afterStep?.Invoke();
            if (isThere)
            {
                File.Move(database, old, overwrite: false);
                afterStep?.Invoke();
            }
        }
        catch (Exception exception) when (DiskErrors.Is(exception) && !hadMark)
        {
            File.Delete(database + MarkSuffix);
            throw;
        }

        MoveLogs(database, old, afterStep);
        File.Move(part, database);
        afterStep?.Invoke();

        // While the mark is there, any of these moves may be on the disk or not: the next start names what it finds.
        DirectoryEntries.Sync(database);
        File.Delete(database + MarkSuffix);
        DirectoryEntries.Sync(database);
        afterStep?.Invoke();
        return names.FirstOrDefault(File.Exists);
    }

    /// <returns>Where an earlier attempt, which did not end, put the database that is not in its place any more.</returns>
    private static string? MoveRest(string database)
    {
        if (!WasCutShort(database) || File.Exists(database) || ReadMark(database).FindLast(File.Exists) is not { } old)
        {
            return null;
        }

        MoveLogs(database, old, null);
        return old;
    }

    /// <summary>SQLite would take them for the new one's.</summary>
    private static void MoveLogs(string database, string old, Action? afterStep)
    {
        foreach (var log in OwnedFile.WithCompanions(database).Skip(1).Where(File.Exists))
        {
            File.Move(log, old + log[database.Length..], overwrite: false);
            afterStep?.Invoke();
        }
    }

    private static void WriteMark(string database, string[] names)
    {
        // Beside the one that is there, so that no crash leaves half of either.
        var part = database + MarkPartSuffix;
        using (var file = new FileStream(part, OwnedFile.Options(FileMode.Create, FileAccess.Write)))
        using (var writer = new StreamWriter(file))
        {
            foreach (var name in names)
            {
                writer.WriteLine(Path.GetFileName(name));
            }

            writer.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(part, database + MarkSuffix, overwrite: true);
        DirectoryEntries.Sync(database);
    }

    /// <returns>
    /// Where the old databases go, or went: that of the first attempt first, which is the one that was in use, and after it what later attempts,
    /// cut short as well, had put there. Empty without a mark, and for one that is none.
    /// </returns>
    private static List<string> ReadMark(string database)
    {
        const int LongestMark = 8_192;
        if (!WasCutShort(database))
        {
            return [];
        }

        using var reader = new StreamReader(database + MarkSuffix);
        var text = new char[LongestMark];
        var lines = new string(text, 0, reader.ReadBlock(text)).Split('\n');
        return [.. lines.Take(lines.Length - 1).Where(static line => line.Length > 0 && line == Path.GetFileName(line)).Select(line => Path.Combine(Path.GetDirectoryName(database) ?? "", line))];
    }
}
