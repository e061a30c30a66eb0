using System.Net;
using System.Net.Sockets;
using Eddy.Api;
using Eddy.Demo;

namespace Eddy.Tests.Scenarios;

/// <summary><c>eddy run</c> as a process beside a simulated node, so that it can be killed; and commands that ask it.</summary>
internal sealed class DaemonProcess : IAsyncDisposable
{
    private readonly string _home;
    private readonly string[] _where;
    private readonly string[] _flags;
    private EddyProcess? _process;

    public DaemonProcess(DemoNode node, string home, params string[] flags)
    {
        _home = home;
        _flags = flags;
        _where = ["--eddy.datadir", Path.Combine(home, "data"), "--eddy.listen", $"127.0.0.1:{FreePort()}"];
        Lnd = ["--lnd.host", node.Lnd.Address, "--lnd.lnddir", node.Lnd.LndDir, "--lnd.network", node.Model.Network.Options.Chain];
    }

    public string[] Lnd { get; }

    /// <summary>Whether it runs with its guard and under its supervisor.</summary>
    public bool IsGuarded { get; init; }

    /// <summary>What it is started with; null for what its configuration says.</summary>
    public string? Mode { get; init; } = "active";

    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    public int Id => _process!.Id;

    /// <summary>Below the range from which the system gives ports to others in the meantime.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: another.
            }
        }
    }

    /// <summary>Returns when it says that it runs.</summary>
    public async Task StartAsync()
    {
        _process = EddyProcess.Start(_home, ["run", .. Lnd, .. _where, .. Mode is null ? [] : new[] { "--eddy.mode", Mode }, .. _flags], Environment, isGuarded: IsGuarded);
        if (!await _process.SeesErrorAsync(" runs; API at "))
        {
            var result = await _process.EndAsync();
            Assert.Fail($"The daemon ended with {result.ExitCode}: {result.Error}");
        }
    }

    /// <summary>Asks the running daemon.</summary>
    public Task<ProcessResult> AskAsync(params string[] command) => EddyProcess.RunAsync(_home, [.. command, .. _where]);

    /// <summary>Asks its API without starting a process for it.</summary>
    public async Task<string> GetAsync(string path)
    {
        using var http = new HttpClient { BaseAddress = new($"http://{_where[3]}/") };
        var token = await File.ReadAllTextAsync(AccessToken.PathIn(_where[1]));
        http.DefaultRequestHeaders.Authorization = new("Bearer", token.Trim());
        using var response = await http.GetAsync(path);
        return await response.Content.ReadAsStringAsync();
    }

    public Task<bool> SeesErrorAsync(string text) => _process!.SeesErrorAsync(text);

    /// <summary>SIGKILL: nothing is tidied up.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.EndAsync();
    }

    /// <summary>SIGTERM.</summary>
    public async Task<ProcessResult> StopAsync()
    {
        await _process!.TerminateAsync();
        return await _process.EndAsync();
    }

    public Task<ProcessResult> EndAsync() => _process!.EndAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
