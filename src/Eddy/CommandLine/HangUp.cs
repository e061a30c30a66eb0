using System.Runtime.InteropServices;

namespace Eddy.CommandLine;

/// <summary>
/// What SIGHUP means: a terminal that was closed ends a command as SIGTERM does. To a daemon that has none, or whose terminal is still there,
/// somebody has sent it by hand: it reads its configuration again.
/// </summary>
internal sealed class HangUp : IDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private readonly bool _hadTerminal = HasTerminal();
    private readonly PosixSignalRegistration? _registration;

    public HangUp() => _registration = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);

    /// <summary>Cancelled when the command is to end.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>What a daemon does instead of ending.</summary>
    public Action? Reload { get; set; }

    public void Dispose()
    {
        _registration?.Dispose();
        _closed.Dispose();
    }

    private static bool HasTerminal()
    {
        try
        {
            using var terminal = File.OpenHandle("/dev/tty");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = true;
        if (Reload is { } reload && (!_hadTerminal || HasTerminal()))
        {
            reload();
        }
        else
        {
            _closed.Cancel();
        }
    }
}
