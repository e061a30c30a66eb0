using Eddy.CommandLine;
using Eddy.Hosting;
using Eddy.Sqlite;

namespace Eddy.Setup;

/// <summary>Writes the files of a setup; one that is there is replaced only with a yes, and kept beside.</summary>
internal sealed class SetupFiles(Questions questions, Terminal terminal, TimeProvider time)
{
    /// <returns>False where the file that was there stays.</returns>
    /// <exception cref="CommandException">It cannot be written.</exception>
    public bool Write(string path, string text, string what, bool isPrivate = true)
    {
        if (File.Exists(path) && !questions.Confirm($"{path} is there already. Replace it? A copy is kept.", proposed: true))
        {
            return false;
        }

        Guarded(path, () =>
        {
            MakeDirectoryOf(path, isPrivate);
            var copy = PrivateFile.KeepCopy(path, time.GetUtcNow());
            PrivateFile.WriteAllText(path, text);
            Open(path, isPrivate ? SharedWith(path) : UnixFileMode.GroupRead | UnixFileMode.OtherRead);

            terminal.WriteLine($"Wrote {what}, {path}{(copy is null ? "" : $"; what was there is {copy} now")}.");
        });
        return true;
    }

    /// <summary>Writes a macaroon that this user alone can read. One that is there is of no use any more, and kept.</summary>
    public void WriteMacaroon(string path, byte[] macaroon) => Guarded(path, () =>
    {
        MakeDirectoryOf(path, isPrivate: true);
        var copy = PrivateFile.KeepCopy(path, time.GetUtcNow());
        PrivateFile.WriteAllBytes(path, macaroon);
        var others = SharedWith(path);
        Open(path, others);
        terminal.WriteLine($"Baked the macaroon, {path}, which only this user{(others == UnixFileMode.None ? "" : " and the directory's group")} can read{(copy is null ? "" : $"; what was there is {copy} now")}.");
    });

    /// <summary>A directory that hands its group on (as the package's does) is one in which root writes what the daemon's user reads.</summary>
    private static UnixFileMode SharedWith(string path) =>
        !OperatingSystem.IsWindows() && File.GetUnixFileMode(Path.GetDirectoryName(path)!).HasFlag(UnixFileMode.SetGroup) ? UnixFileMode.GroupRead : UnixFileMode.None;

    private static void Open(string path, UnixFileMode also)
    {
        if (!OperatingSystem.IsWindows() && also != UnixFileMode.None)
        {
            File.SetUnixFileMode(path, PrivateFile.OwnerOnly | also);
        }
    }

    private static void MakeDirectoryOf(string path, bool isPrivate)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (isPrivate)
        {
            OwnedFile.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory);
        }
    }

    private static void Guarded(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"cannot write {path}: {e.Message}");
        }
    }
}
