namespace Eddy.Hosting;

/// <summary>Files and directories that nobody but their user may read.</summary>
internal static class PrivateFile
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode DirectoryMode = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Writes the whole file or leaves what was there; the mode is set before the first byte is in it.</summary>
    public static void WriteAllText(string path, string text)
    {
        var next = path + ".new";
        File.Delete(next);
        using (var stream = new FileStream(next, Options(FileMode.CreateNew)))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(text);
        }

        File.Move(next, path, overwrite: true);
    }

    /// <summary>Takes away what others may do; nothing to do where the system knows no such modes.</summary>
    public static void Restrict(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) is var current && (current & ~mode) != 0)
        {
            File.SetUnixFileMode(path, current & mode);
        }
    }

    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, DirectoryMode);
        }
    }

    private static FileStreamOptions Options(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }
}
