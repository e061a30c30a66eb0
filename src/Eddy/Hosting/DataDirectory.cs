using Eddy.Sqlite;

namespace Eddy.Hosting;

/// <summary>The daemon's directory, for one daemon at a time: made where it is missing, closed to others, locked until disposed.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public string Database => DatabaseIn(Path);

    public string Backups => BackupsIn(Path);

    /// <summary>Where the commands find what a daemon keeps.</summary>
    public static string DatabaseIn(string path) => System.IO.Path.Combine(path, "eddy.db");

    public static string BackupsIn(string path) => System.IO.Path.Combine(path, "backups");

    /// <exception cref="StartException">It cannot be made, written or locked.</exception>
    public static DataDirectory Open(string path)
    {
        try
        {
            OwnedFile.CreateDirectory(path);
            PrivateFile.Restrict(path, PrivateFile.DirectoryMode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = e.HResult == OwnedFile.ReadOnlyFileSystem ? "its disk is read-only"
                : File.Exists(path) ? "there is a file of that name"
                : "its parent does not allow it";
            throw new StartException(ExitCode.Usage, $"cannot make the data directory {path}: {why}; set eddy.datadir to a directory of this user", e) { MayPass = true };
        }

        return new(path, Lock(path));
    }

    /// <summary>Made by eddy: the configuration and a macaroon may lie here as well, and are their owner's business.</summary>
    public bool IsOwn(string file) =>
        System.IO.Path.GetFileName(file) is "token" or "lock"
        || file.StartsWith(Database, StringComparison.Ordinal)
        || file.StartsWith(Backups, StringComparison.Ordinal);

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string path)
    {
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            // FileShare.None is an advisory lock that the system drops with the process, however that ends.
            return new FileStream(file, OwnedFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartException(ExitCode.Usage, $"the data directory {path} is not writable: give it to this user or set eddy.datadir", e) { MayPass = true };
        }
        catch (IOException e) when (e.HResult != OwnedFile.ReadOnlyFileSystem && IsHeldByAnother(file))
        {
            throw new StartException(ExitCode.Failed, $"another eddy daemon already uses the data directory {path}: stop it or set eddy.datadir", e) { MayPass = true };
        }
        catch (IOException e)
        {
            throw new StartException(ExitCode.Usage, $"the data directory {path} is not writable: {e.Message}", e) { MayPass = true };
        }
    }

    /// <summary>It can be read by whoever asks for nothing exclusive, so what failed was the lock and not the disk.</summary>
    private static bool IsHeldByAnother(string file)
    {
        try
        {
            using var probe = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return true;
        }
        catch (IOException)
        {
            return File.Exists(file);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
