using System.Net.Sockets;
using System.Text;
using Eddy.Guarding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Guarding;

public sealed class ServiceManagerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_told_in_datagrams(bool isAbstract)
    {
        using var manager = ServiceManager.Find(Environment(isAbstract, []))!;

        manager.Ready();
        manager.Alive();
        manager.Stopping();

        Assert.Null(manager.Watchdog);
        Assert.Equal(["READY=1", "WATCHDOG=1", "STOPPING=1"], [await ReceiveAsync(), await ReceiveAsync(), await ReceiveAsync()]);
    }

    [Fact]
    public void Without_a_socket_there_is_nobody_to_tell()
    {
        Assert.Null(ServiceManager.Find(_ => null));
        Assert.Null(ServiceManager.Find(name => name == "NOTIFY_SOCKET" ? "relative" : null));
    }

    [Fact]
    public void A_watchdog_for_another_process_is_not_ours()
    {
        using var ours = ServiceManager.Find(Environment(false, new() { ["WATCHDOG_USEC"] = "10000000", ["WATCHDOG_PID"] = Shell.Text(System.Environment.ProcessId) }))!;
        using var others = ServiceManager.Find(name => name switch { "NOTIFY_SOCKET" => _directory.File("s"), "WATCHDOG_USEC" => "10000000", "WATCHDOG_PID" => "1", _ => null })!;

        Assert.Equal(TimeSpan.FromSeconds(10), ours.Watchdog);
        Assert.Null(others.Watchdog);
    }

    [Fact]
    public async Task The_watchdog_is_fed_by_the_read_loop_while_it_holds_HTLCs_and_by_the_process_otherwise()
    {
        using var manager = ServiceManager.Find(Environment(false, new() { ["WATCHDOG_USEC"] = "60000" }))!;
        await using var guard = Guard.Start(new(TimeSpan.FromSeconds(2), _directory.File("note")), "not wanted here", manager, NullLogger.Instance);

        // Nothing is held: fed all the time.
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());

        // Held: one for the opening and one for what was sent before; then nothing until the loop says something.
        guard.Opened();
        while (await TryReceiveAsync(TimeSpan.FromSeconds(1)))
        {
        }

        guard.Alive();
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());
        Assert.False(await TryReceiveAsync(TimeSpan.FromSeconds(1)));
        guard.Closed();
        Assert.Equal("WATCHDOG=1", await ReceiveAsync());
    }

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Dispose();
    }

    private Func<string, string?> Environment(bool isAbstract, Dictionary<string, string> more)
    {
        var name = isAbstract ? $"eddy-test-{Guid.NewGuid():N}" : _directory.File("socket");
        _socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{name}" : name));
        more["NOTIFY_SOCKET"] = isAbstract ? $"@{name}" : name;
        return more.GetValueOrDefault;
    }

    private async Task<string> ReceiveAsync()
    {
        var buffer = new byte[256];
        return Encoding.ASCII.GetString(buffer, 0, await _socket.ReceiveAsync(buffer).WaitAsync(Patience));
    }

    private async Task<bool> TryReceiveAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await _socket.ReceiveAsync(new byte[256], SocketFlags.None, limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
