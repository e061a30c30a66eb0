using System.Runtime.InteropServices;

namespace Eddy.Guarding;

/// <summary>What .NET has no call for. All of it is in every Linux's C library.</summary>
internal static partial class NativeMethods
{
    /// <summary>A file in memory without a name, inherited by the processes this one starts; negative where there is no such thing.</summary>
    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int GetParent();

    /// <summary>Becomes another program under the same process number. Returns only if that fails.</summary>
    public static void Become(string path, IEnumerable<string> arguments, IEnumerable<string> environment) =>
        Execute(path, Pointers(arguments), Pointers(environment));

    /// <summary>Never freed: the program they belong to is about to be another one.</summary>
    private static nint[] Pointers(IEnumerable<string> texts) => [.. texts.Select(Marshal.StringToCoTaskMemUTF8), 0];

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Execute(string path, nint[] arguments, nint[] environment);
}
