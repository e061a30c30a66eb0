using System.Text;
using Eddy.Sqlite;

namespace Eddy.Hosting;

/// <summary>The modes of files: what others may do with those of eddy, and with those it is given.</summary>
internal static class PrivateFile
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode DirectoryMode = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Writes the whole file or leaves what was there; the mode is set before the first byte is in it.</summary>
    public static void WriteAllText(string path, string text) => WriteAllBytes(path, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="WriteAllText"/>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".new";
        File.Delete(next);
        using (var stream = new FileStream(next, OwnedFile.Options(FileMode.CreateNew, FileAccess.Write)))
        {
            stream.Write(content);
        }

        File.Move(next, path, overwrite: true);
    }

    /// <summary>Copies what is about to be replaced, beside it.</summary>
    /// <returns>The copy; null where there was nothing to keep.</returns>
    public static string? KeepCopy(string path, DateTimeOffset now)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var copy = OwnedFile.Unused($"{path}.replaced-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}");
        File.Copy(path, copy);
        return copy;
    }

    /// <summary>Takes away what others may do; nothing to do where the system knows no such modes.</summary>
    /// <returns>Whether there was anything to take.</returns>
    public static bool Restrict(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        var current = File.GetUnixFileMode(path);
        if ((current & ~mode) == 0)
        {
            return false;
        }

        File.SetUnixFileMode(path, current & mode);
        return true;
    }

    /// <summary>Whether users beside the owner and the file's group can read it. LND leaves its own macaroons to its group.</summary>
    public static bool IsReadableByAll(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & UnixFileMode.OtherRead) != 0;

    /// <summary>Whether anybody but its owner can change it.</summary>
    public static bool IsWritableByOthers(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & (UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)) != 0;
}
