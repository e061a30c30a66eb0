using System.Runtime.InteropServices;

namespace Eddy.Doctor;

/// <summary>What Linux says of its clock. Every time service tells the kernel when it keeps the clock, so there is no need to know which one it is.</summary>
internal static partial class SystemClock
{
    /// <summary>adjtimex(2): the clock is not synchronized.</summary>
    private const int Unsynchronized = 5;

    /// <summary>More than the kernel's <c>struct timex</c>, whose first word 0 means that nothing is to be changed.</summary>
    private const int TimexSize = 512;

    /// <summary>Null where the system does not say.</summary>
    public static bool? IsSynchronized()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var timex = new byte[TimexSize];
        var state = Adjust(timex);
        return state < 0 ? null : state != Unsynchronized;
    }

    [LibraryImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Adjust(byte[] timex);
}
