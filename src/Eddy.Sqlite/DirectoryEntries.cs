using System.Runtime.InteropServices;

namespace Eddy.Sqlite;

/// <summary>What a directory says of its files, as opposed to what is in them.</summary>
internal static partial class DirectoryEntries
{
    // Linux, include/uapi/asm-generic/fcntl.h; the same on every architecture that .NET runs on.
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x8_0000;

    /// <summary>
    /// Brings a file's name to the disk. A rename is in the directory, which syncing the file does not write: after a power cut the old names may be back,
    /// all or some of them. Like SQLite's own, this fails quietly: there are file systems that know no such thing, and nothing else can be done on them.
    /// </summary>
    /// <param name="path">A file in the directory.</param>
    /// <returns>Whether the system says that it is done; false elsewhere than on Linux.</returns>
    public static bool Sync(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        // .NET opens no directories.
        var descriptor = Open(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", ReadOnly | CloseOnExec);
        if (descriptor < 0)
        {
            return false;
        }

        var isDone = Sync(descriptor) == 0;
        _ = Close(descriptor);
        return isDone;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
