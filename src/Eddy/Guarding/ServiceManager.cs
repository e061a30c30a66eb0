using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Eddy.Guarding;

/// <summary>Tells systemd how the daemon is, as <c>Type=notify</c> and <c>WatchdogSec=</c> want it: one datagram for each thing said (sd_notify(3)).</summary>
internal sealed class ServiceManager : IDisposable
{
    private const string SocketVariable = "NOTIFY_SOCKET";

    private readonly Socket _socket;
    private readonly UnixDomainSocketEndPoint _address;

    private ServiceManager(string address, TimeSpan? watchdog)
    {
        // A name in the abstract space begins with a zero byte, which is written as @.
        _address = new(address[0] == '@' ? $"\0{address[1..]}" : address);
        _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        Watchdog = watchdog;
    }

    /// <summary>The service manager that started this process waits to be told things.</summary>
    public static bool IsPresent => AddressIn(Environment.GetEnvironmentVariable).Length > 0;

    /// <summary>How long it waits for <see cref="Alive"/> before it ends the daemon; null where it does not.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>Null where nobody waits to be told.</summary>
    /// <param name="variable">The environment.</param>
    public static ServiceManager? Find(Func<string, string?> variable)
    {
        var address = AddressIn(variable);
        if (address.Length == 0)
        {
            return null;
        }

        var isOurs = variable("WATCHDOG_PID") is not { Length: > 0 } process
            || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var watchdog = isOurs && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : (TimeSpan?)null;
        return new(address, watchdog);
    }

    public void Ready() => Send("READY=1");

    public void Alive() => Send("WATCHDOG=1");

    public void Stopping() => Send("STOPPING=1");

    public void Dispose() => _socket.Dispose();

    private static string AddressIn(Func<string, string?> variable) => variable(SocketVariable) is { Length: > 1 } address && address[0] is '/' or '@' ? address : "";

    private void Send(string what)
    {
        try
        {
            _socket.SendTo(Encoding.ASCII.GetBytes(what), _address);
        }
        catch (SocketException)
        {
            // Nobody listens, or not fast enough: there is nobody to tell that to.
        }
    }
}
