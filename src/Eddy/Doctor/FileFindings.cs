using Eddy.Configuration;
using Eddy.Engine.Ports;
using Eddy.Hosting;
using Eddy.Sqlite;

namespace Eddy.Doctor;

/// <summary>Files: who may read and change them, whether there is room for more, and whether the database is sound.</summary>
internal static class FileFindings
{
    private const long LittleRoom = 200L << 20;
    private const long NoRoom = 10L << 20;

    public static IEnumerable<Finding> OfConfiguration(EddyConfig config)
    {
        if (config.File is { } file)
        {
            yield return PrivateFile.IsWritableByOthers(file)
                ? Finding.Warn("configuration", $"Other users can change {file}, and with it what eddy may do.", $"chmod 600 {file}")
                : Finding.Ok("configuration", $"{file} is valid; {(config.IsObserving ? "mode=observe: eddy only watches" : "mode=active: eddy takes part in rings")}.");
        }
        else
        {
            yield return Finding.Warn("configuration", $"There is no {ConfigLoader.DefaultFile}, so the defaults hold.", "'eddy setup' writes one.");
        }

        if (PrivateFile.IsReadableByAll(config.Macaroon))
        {
            yield return Finding.Warn("macaroon", $"Every user of this machine can read {config.Macaroon}.", $"chmod 600 {config.Macaroon}; bake another if you do not trust them all.");
        }
    }

    /// <param name="config">Says where.</param>
    /// <param name="isInUse">A daemon has the database open; it looked at all of it when it started.</param>
    public static IEnumerable<Finding> OfData(EddyConfig config, bool isInUse)
    {
        var path = config.DataDirectory;
        yield return Writable(path);
        if (Room(path) is { } room)
        {
            yield return room;
        }

        yield return Database(path, isInUse);
    }

    private static Finding Writable(string path)
    {
        if (!Directory.Exists(path))
        {
            return Finding.Ok("data", $"{path} is not there yet; eddy makes it.");
        }

        var probe = Path.Combine(path, $".doctor-{Guid.NewGuid():N}");
        try
        {
            OwnedFile.Create(probe);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Fail("data", $"{path} cannot be written to: {e.Message}", "Give it to this user, or set eddy.datadir.", ExitCode.Usage);
        }

        var isOpen = !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~PrivateFile.DirectoryMode) != 0;
        return isOpen
            ? Finding.Warn("data", $"Other users can look into {path}.", $"chmod 700 {path}; eddy does it when it starts.")
            : Finding.Ok("data", $"{path} can be written to, by this user alone.");
    }

    private static Finding? Room(string path)
    {
        var there = path;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } parent)
        {
            there = parent;
        }

        try
        {
            var free = new DriveInfo(there).AvailableFreeSpace;
            var text = $"{free >> 20:N0} MiB are free for {path}.";
            return free < NoRoom ? Finding.Fail("disk", text, "Make room: eddy steps aside when it cannot write.", ExitCode.Failed)
                : free < LittleRoom ? Finding.Warn("disk", text, "Make room: a year of eddy with its copies takes some 100 MiB.")
                : Finding.Ok("disk", text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A file system that does not say.
            return null;
        }
    }

    private static Finding Database(string directory, bool isInUse)
    {
        var database = DataDirectory.DatabaseIn(directory);
        var copies = StoreBackup.List(DataDirectory.BackupsIn(directory)).Length;
        var ways = string.Join(' ', StoreAdvice.WaysOut(directory));
        if (StoreReplacement.WasCutShort(database))
        {
            return Finding.Fail("database", $"Putting a copy in the place of {database} was cut short.", ways, ExitCode.Failed);
        }

        if (!File.Exists(database))
        {
            return copies == 0
                ? Finding.Ok("database", "There is none yet; eddy makes it.")
                : Finding.Fail("database", $"{database} is gone, and there are copies of it.", ways, ExitCode.Failed);
        }

        if (isInUse)
        {
            return Finding.Ok("database", $"The daemon has it open, and looked at all of it when it started; {copies} copies.");
        }

        try
        {
            StoreBackup.Check(database);
            return Finding.Ok("database", $"It is sound; {copies} copies.");
        }
        catch (StoreException e)
        {
            return e.Fault is StoreFault.Corrupt or StoreFault.Newer
                ? Finding.Fail("database", e.Message, ways, ExitCode.Failed)
                : Finding.Warn("database", e.Message, "Look again when it can be read.");
        }
    }
}
