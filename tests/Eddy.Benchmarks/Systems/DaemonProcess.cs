using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Eddy.Simulator.Grpc;

namespace Eddy.Benchmarks.Systems;

/// <summary><c>eddy run</c> in a process of its own, beside a simulated LND.</summary>
internal sealed class DaemonProcess : IAsyncDisposable
{
    /// <summary>What the adapter logs once LND has greeted it.</summary>
    private const string ConnectedText = "Connected to ";

    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly TaskCompletionSource<TimeSpan> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _lines = [];
    private readonly long _started;
    private readonly string _dataDirectory;
    private readonly string _listen;

    private DaemonProcess(ProcessStartInfo start, string dataDirectory, string listen)
    {
        _dataDirectory = dataDirectory;
        _listen = listen;
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _started = Stopwatch.GetTimestamp();
        _process.Start();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has cost so far, on all cores together and with its supervisor: does not depend on what else runs.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            using var daemon = Process.GetProcessById(DaemonId);
            _process.Refresh();
            return daemon.TotalProcessorTime + (daemon.Id == _process.Id ? TimeSpan.Zero : _process.TotalProcessorTime);
        }
    }

    /// <summary>The process that was started, or the daemon below it where that one has become its supervisor.</summary>
    public int DaemonId => ChildrenOf(_process.Id) is [var child] && NameOf(_process.Id) == "sh" ? child : _process.Id;

    /// <summary>The processes beside the daemon: its supervisor, its guard, and what the guard waits for.</summary>
    public IReadOnlyList<int> Helpers => [_process.Id, .. ChildrenOf(DaemonId).SelectMany(guard => ChildrenOf(guard).Prepend(guard))];

    /// <summary>What it has logged so far.</summary>
    public string[] Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <param name="eddy">An <c>eddy.dll</c> or an executable; null takes the one that was built with this project.</param>
    public static DaemonProcess Start(SimulatedLnd lnd, string dataDirectory, string? eddy, IReadOnlyDictionary<string, string>? environment = null, params string[] flags)
    {
        var path = eddy ?? Path.Combine(AppContext.BaseDirectory, "eddy.dll");
        var isLibrary = path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(isLibrary ? "dotnet" : path) { RedirectStandardError = true };
        if (isLibrary)
        {
            start.ArgumentList.Add(path);
        }

        var listen = $"127.0.0.1:{FreePort()}";
        string[] arguments =
        [
            "run", "--eddy.mode", "active", "--lnd.host", lnd.Address, "--lnd.tlscert", lnd.CertificatePath, "--lnd.macaroon", lnd.AdminMacaroonPath,
            "--eddy.datadir", dataDirectory, "--eddy.listen", listen,
        ];
        foreach (var argument in arguments.Concat(flags))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new(start, dataDirectory, listen);
    }

    /// <summary>From just before the process was made to LND's greeting.</summary>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task<TimeSpan> ConnectedAsync()
    {
        await Task.WhenAny(_connected.Task, _process.WaitForExitAsync()).WaitAsync(LongestStart);
        if (!_connected.Task.IsCompleted)
        {
            throw new InvalidOperationException($"eddy ended with {_process.ExitCode}: {string.Join(Environment.NewLine, _lines)}");
        }

        return await _connected.Task;
    }

    /// <summary>The longest that the interceptor's read loop took to come round so far, as the daemon says itself.</summary>
    public async Task<TimeSpan> GetLongestSilenceAsync()
    {
        using var client = await OpenApiAsync();
        using var status = JsonDocument.Parse(await client.GetStringAsync(new Uri("v1/status", UriKind.Relative)));
        return TimeSpan.FromMilliseconds(status.RootElement.GetProperty("guard").GetProperty("longest_silence_ms").GetInt32());
    }

    /// <summary>A client with its token.</summary>
    public async Task<HttpClient> OpenApiAsync()
    {
        var client = new HttpClient { BaseAddress = new Uri($"http://{_listen}/") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(_dataDirectory, "token"))).Trim());
        return client;
    }

    /// <summary>A figure of /proc/PID/status in bytes.</summary>
    public long Memory(string name) => Memory(DaemonId, name);

    public static long Memory(int process, string name)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', '\t', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string NameOf(int process) => File.ReadAllText($"/proc/{process}/comm").Trim();

    /// <summary>Listed with the thread that started them.</summary>
    private static int[] ChildrenOf(int process) =>
    [
        .. Directory.GetDirectories($"/proc/{process}/task")
            .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
    ];

    /// <summary>A port that is free now; the command line takes no 0.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lines)
        {
            _lines.Add(line);
        }

        if (line.Contains(ConnectedText, StringComparison.Ordinal))
        {
            _connected.TrySetResult(Stopwatch.GetElapsedTime(_started));
        }
    }
}
