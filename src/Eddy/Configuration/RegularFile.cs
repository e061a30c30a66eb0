using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Eddy.Configuration;

/// <summary>Opens files of other people's choice without waiting for anybody: a pipe has a writer or makes its reader wait for one.</summary>
internal static partial class RegularFile
{
    // Linux, include/uapi/asm-generic/fcntl.h; the same on every architecture that .NET runs on.
    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x8_0000;

    /// <summary>For reading at positions. Elsewhere than on Linux opening a named pipe waits, as it does for everybody else.</summary>
    /// <exception cref="StreamOnlyException">It is a pipe, a socket or a terminal.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public static SafeFileHandle OpenRead(string path)
    {
        var handle = OpenWithoutWaiting(path);
        try
        {
            RandomAccess.GetLength(handle);
            return handle;
        }
        catch (NotSupportedException)
        {
            handle.Dispose();
            throw new StreamOnlyException();
        }
    }

    private static SafeFileHandle OpenWithoutWaiting(string path)
    {
        if (OperatingSystem.IsLinux() && !Directory.Exists(path) && Open(path, ReadOnly | NonBlocking | CloseOnExec) is >= 0 and var descriptor)
        {
            return new(descriptor, ownsHandle: true);
        }

        // What is not there, is a directory or may not be read: .NET says it in its own exceptions.
        return File.OpenHandle(path);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);
}

/// <summary>A pipe, a socket or a terminal where a file should be.</summary>
internal sealed class StreamOnlyException() : IOException("is a pipe, a socket or a terminal and no file");
