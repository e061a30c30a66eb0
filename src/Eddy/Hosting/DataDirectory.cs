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

    public string Database => System.IO.Path.Combine(Path, "eddy.db");

    /// <exception cref="StartException">It cannot be made, written or locked.</exception>
    public static DataDirectory Open(string path)
    {
        try
        {
            PrivateFile.CreateDirectory(path);
            PrivateFile.Restrict(path, PrivateFile.DirectoryMode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = File.Exists(path) ? "there is a file of that name" : "its parent does not allow it";
            throw new StartException(ExitCode.Usage, $"cannot make the data directory {path}: {why}; set eddy.datadir to a directory of this user", e);
        }

        return new(path, Lock(path));
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string path)
    {
        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            // FileShare.None is an advisory lock that the system drops with the process, however that ends.
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            PrivateFile.Restrict(file, PrivateFile.OwnerOnly);
            return held;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartException(ExitCode.Usage, $"the data directory {path} is not writable: give it to this user or set eddy.datadir", e);
        }
        catch (IOException e) when (IsHeldByAnother(file))
        {
            throw new StartException(ExitCode.Failed, $"another eddy daemon already uses the data directory {path}: stop it or set eddy.datadir", e);
        }
        catch (IOException e)
        {
            throw new StartException(ExitCode.Usage, $"the data directory {path} is not writable: {e.Message}", e);
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
