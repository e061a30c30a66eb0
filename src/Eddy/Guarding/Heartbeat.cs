using System.Buffers.Text;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Eddy.Guarding;

/// <summary>
/// One line that the guard reads: whether HTLCs can wait for the daemon, and a number that goes up while its read loop comes round. In a
/// file that exists in memory alone: it needs no disk and no directory, a write never waits for a reader as a pipe's does, and it goes with
/// the last process that holds it.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private static readonly int LineLength = Line(false, 0).Length;

    private readonly SafeFileHandle _file;
    private long _count;

    private Heartbeat(SafeFileHandle file)
    {
        _file = file;
        Write(isArmed: false);
    }

    /// <summary>Where processes that this one starts find it.</summary>
    public string Path => $"/proc/self/fd/{_file.DangerousGetHandle()}";

    /// <exception cref="IOException">This system has no such files.</exception>
    public static Heartbeat Create()
    {
        var descriptor = NativeMethods.CreateMemoryFile("eddy-heartbeat", 0);
        return descriptor >= 0
            ? new(new SafeFileHandle(descriptor, ownsHandle: true))
            : throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }

    public void Write(bool isArmed) => RandomAccess.Write(_file, Line(isArmed, Interlocked.Increment(ref _count)), 0);

    /// <summary>What it says now.</summary>
    public string Read()
    {
        var line = new byte[LineLength];
        var length = RandomAccess.Read(_file, line, 0);
        return System.Text.Encoding.ASCII.GetString(line, 0, length).TrimEnd();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Always of the same length, so that no line leaves a part of the one before.</summary>
    private static byte[] Line(bool isArmed, long count)
    {
        var line = new byte[25];
        (isArmed ? "armed "u8 : "idle  "u8).CopyTo(line);
        Utf8Formatter.TryFormat(count, line.AsSpan(6), out _, new('D', 18));
        line[^1] = (byte)'\n';
        return line;
    }
}
