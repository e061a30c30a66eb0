namespace Eddy.Sqlite;

/// <summary>Files and directories that nobody but their user may read, whatever the umask.</summary>
internal static class OwnedFile
{
    /// <summary>EROFS, as Linux and macOS number it; where a disk has been remounted read-only, an existing file cannot be opened for writing.</summary>
    public const int ReadOnlyFileSystem = 30;

    private const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryMode700 = FileMode600 | UnixFileMode.UserExecute;

    private static readonly string[] SqlitesOwn = ["-wal", "-shm", "-journal"];

    /// <summary>The file and what SQLite keeps beside it.</summary>
    public static IEnumerable<string> WithCompanions(string path) => SqlitesOwn.Select(suffix => path + suffix).Prepend(path);

    public static FileStreamOptions Options(FileMode mode, FileAccess access, FileShare share = FileShare.Read)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
        {
            options.UnixCreateMode = FileMode600;
        }

        return options;
    }

    /// <summary>Makes an empty one where there is none.</summary>
    public static void Create(string path)
    {
        using var file = new FileStream(path, Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite));
    }

    public static void Copy(string from, string to)
    {
        using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var destination = new FileStream(to, Options(FileMode.CreateNew, FileAccess.Write));
        source.CopyTo(destination);
        destination.Flush(flushToDisk: true);
    }

    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, DirectoryMode700);
        }
    }

    public static void Delete(string path)
    {
        foreach (var file in WithCompanions(path))
        {
            File.Delete(file);
        }
    }

    public static void TryDelete(string path)
    {
        try
        {
            Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A leftover under another name; the next copy deletes it first.
        }
    }
}
