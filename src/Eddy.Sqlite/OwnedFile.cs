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

    /// <summary>The first of NAME, NAME-2, NAME-3 ... that does not exist, and nothing of SQLite's beside it: nobody's file is in the way.</summary>
    public static string Unused(string path)
    {
        var unused = path;
        for (var number = 2; WithCompanions(unused).Any(Path.Exists); number++)
        {
            unused = $"{path}-{number}";
        }

        return unused;
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

    /// <param name="path">Null for nothing.</param>
    public static void TryDelete(string? path)
    {
        try
        {
            foreach (var file in path is null ? [] : WithCompanions(path))
            {
                File.Delete(file);
            }
        }
        catch (Exception exception) when (DiskErrors.Is(exception))
        {
            // A leftover under another name, which nothing reads.
        }
    }
}
