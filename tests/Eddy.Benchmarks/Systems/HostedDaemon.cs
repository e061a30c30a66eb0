using System.Diagnostics;
using System.Globalization;
using System.Net;
using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Eddy.Hosting;
using Eddy.Lnd;
using Eddy.Simulator.Grpc;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Benchmarks.Systems;

/// <summary>
/// A daemon in a process of its own that tells its gate's figures, which <c>eddy run</c> keeps to itself. Beside the simulated network in
/// one process it would share that one's garbage.
/// </summary>
internal sealed class HostedDaemon : IAsyncDisposable
{
    /// <summary>First argument of the process inside which the daemon runs.</summary>
    public const string Command = "host";

    private const string Up = "up";
    private const string Endpoint = "endpoint";

    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly Process _process;

    private HostedDaemon(Process process) => _process = process;

    /// <summary>Where it lets other programs in; empty for nowhere.</summary>
    public string EndpointAddress { get; private set; } = "";

    /// <summary>Starts it and waits until it holds the interceptor.</summary>
    /// <param name="hasEndpoint">With an interceptor of its own for other programs, at <see cref="EndpointAddress"/>.</param>
    public static async Task<HostedDaemon> StartAsync(SimulatedLnd lnd, string dataDirectory, bool hasEndpoint = false)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Eddy.Benchmarks.dll"), Command, lnd.LndDir, lnd.Node.Network.Options.Chain, lnd.Address, dataDirectory, hasEndpoint ? Endpoint : "",
        ];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var daemon = new HostedDaemon(Process.Start(start)!);
        if (await daemon._process.StandardOutput.ReadLineAsync().WaitAsync(LongestStart) is not { } line || !line.StartsWith(Up, StringComparison.Ordinal))
        {
            throw new InvalidOperationException("The daemon's process ended.");
        }

        daemon.EndpointAddress = line[Up.Length..].Trim();
        return daemon;
    }

    public async Task<GateStatistics> GetGateAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        var line = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The daemon's process ended.");
        double[] fields = [.. line.Split(' ').Select(static field => double.Parse(field, CultureInfo.InvariantCulture))];
        return new((long)fields[0], (long)fields[1], (long)fields[2], 0, 0, fields[3], fields[4]);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>The other side: runs the daemon until standard input ends, and answers each line with the gate's figures.</summary>
    public static async Task HostAsync(string[] args)
    {
        var options = new DaemonOptions
        {
            Lnd = LndOptions.FromLndDir(args[0], args[1], args[2]),
            Engine = new(),
            DataDirectory = args[3],
            Listen = new(IPAddress.Loopback, 0),
            InterceptorListen = args[4] == Endpoint ? new(IPAddress.Loopback, 0) : null,
        };
        await using var daemon = await EddyDaemon.StartAsync(options, NullLoggerFactory.Instance, CancellationToken.None);
        while ((await daemon.GetViewAsync(CancellationToken.None)).Interceptor != InterceptorState.Up)
        {
            await Task.Delay(Look);
        }

        Console.WriteLine($"{Up} {daemon.InterceptorAddress}");
        while (await Console.In.ReadLineAsync() is not null)
        {
            var gate = (await daemon.GetViewAsync(CancellationToken.None)).Gate;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{gate.Resumed} {gate.Waived} {gate.Silent} {gate.MedianMicroseconds} {gate.P99Microseconds}"));
        }
    }
}
