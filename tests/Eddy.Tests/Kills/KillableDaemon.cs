using System.Collections;
using System.Diagnostics;
using System.Net.Http.Json;
using Eddy.Api;
using Eddy.CommandLine;
using Eddy.Configuration;
using Eddy.Demo;

namespace Eddy.Tests.Kills;

/// <summary><c>eddy run</c> in a process of its own, with failpoints, beside a simulated LND. It can be killed and started again in its directory.</summary>
internal sealed class KillableDaemon(DemoNode node, long amountSat) : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly string _listen = $"127.0.0.1:{Scenarios.DaemonProcess.FreePort()}";
    private readonly List<string> _errors = [];
    private Process? _process;
    private DaemonClient? _client;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Its standard error, for a message.</summary>
    public string Log
    {
        get
        {
            lock (_errors)
            {
                return string.Join('\n', _errors);
            }
        }
    }

    private DaemonClient Client => _client ??= DaemonClient.Open(ConfigLoader.Load(null, new Hashtable(), new Dictionary<ConfigKey, string>
    {
        [ConfigKeys.DataDirectory] = node.DataDirectory,
        [ConfigKeys.Listen] = _listen,
    }).Config!);

    /// <summary>Returns when it runs, or has killed itself at the failpoint: then false.</summary>
    public async Task<bool> StartAsync(string? failpoint)
    {
        var runs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = Launch(failpoint, runs);
        await Task.WhenAny(runs.Task, process.WaitForExitAsync()).WaitAsync(Longest);
        if (runs.Task.IsCompleted)
        {
            return true;
        }

        Assert.True(failpoint is not null && await process.StandardOutput.ReadLineAsync() == $"hit {failpoint.Split('#')[0]}", $"The daemon ended: {Log}");
        return false;
    }

    /// <summary>Starts it and kills it so much later, however far it has come.</summary>
    public async Task KillWhileStartingAsync(TimeSpan delay)
    {
        var process = Launch(null, new TaskCompletionSource());
        await Task.Delay(delay);
        process.Kill();
        await ExitAsync();
    }

    /// <summary>Returns when the process knows.</summary>
    public async Task ArmAsync(string failpoint)
    {
        await _process!.StandardInput.WriteLineAsync($"arm {failpoint}");
        Assert.Equal($"armed {failpoint}", await _process.StandardOutput.ReadLineAsync().WaitAsync(Longest));
    }

    /// <summary>False where it has killed itself at the failpoint, or does so before it hears of this.</summary>
    public async Task<bool> TryDisarmAsync(string failpoint)
    {
        const string Nowhere = "nowhere";
        try
        {
            await _process!.StandardInput.WriteLineAsync($"arm {Nowhere}");
        }
        catch (IOException)
        {
            // Nobody reads it any more.
        }

        var line = await _process!.StandardOutput.ReadLineAsync().WaitAsync(Longest);
        if (line == $"armed {Nowhere}")
        {
            return true;
        }

        Assert.Equal($"hit {failpoint.Split('#')[0]}", line);
        await ExitAsync();
        return false;
    }

    /// <summary>Whether it kills itself in time, and at the failpoint.</summary>
    public async Task<bool> DiesAsync(string failpoint, TimeSpan limit)
    {
        await Task.WhenAny(_process!.WaitForExitAsync(), Task.Delay(limit));
        return _process.HasExited && await _process.StandardOutput.ReadLineAsync().WaitAsync(Longest) == $"hit {failpoint.Split('#')[0]}";
    }

    /// <summary>SIGKILL. The signal is sent when this returns.</summary>
    public void Kill() => _process!.Kill();

    public Task ExitAsync() => _process!.WaitForExitAsync().WaitAsync(Longest);

    public Task<StatusReport> StatusAsync() => Client.GetAsync("v1/status", ApiJson.Default.StatusReport, CancellationToken.None);

    public Task<RingsReport> RingsAsync() => Client.GetAsync("v1/rings", ApiJson.Default.RingsReport, CancellationToken.None);

    public Task<ChannelsReport> ChannelsAsync() => Client.GetAsync("v1/channels", ApiJson.Default.ChannelsReport, CancellationToken.None);

    /// <summary>Whether a ring was proposed; null where the daemon died meanwhile.</summary>
    public async Task<bool?> ProposeAsync()
    {
        try
        {
            using var request = JsonContent.Create(new ProposeRequest(DryRun: false), ApiJson.Default.ProposeRequest);
            return (await Client.PostAsync("v1/propose", request, CancellationToken.None)).Ring is not null;
        }
        catch (CommandException e) when (e.ExitCode == ExitCode.Unreachable)
        {
            await ExitAsync();
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }

    private Process Launch(string? failpoint, TaskCompletionSource runs)
    {
        _process?.Dispose();
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Eddy.Failpoints.dll"), .. failpoint is null ? (string[])[] : ["--failpoint", failpoint],
            "run", "--eddy.mode", "active", "--lnd.host", node.Lnd.Address, "--lnd.lnddir", node.Lnd.LndDir, "--lnd.network", node.Model.Network.Options.Chain,
            "--eddy.datadir", node.DataDirectory, "--eddy.listen", _listen, "--rings.maxlength", "4", "--eddy.guard", "off",
            "--rings.minamount", $"{amountSat}", "--rings.maxamount", $"{amountSat}",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HOME"] = node.DataDirectory;
        start.Environment["DOTNET_CLI_HOME"] = node.DataDirectory;
        start.Environment["DOTNET_TieredPGO"] = "0";

        // It is to be killed where a test says, and nowhere else.
        start.Environment["EDDY_EDDY__GUARD"] = "off";
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) => OnError(line.Data, runs);
        _process.Start();
        _process.BeginErrorReadLine();
        return _process;
    }

    private void OnError(string? line, TaskCompletionSource runs)
    {
        if (line is null)
        {
            return;
        }

        lock (_errors)
        {
            _errors.Add(line);
        }

        if (line.Contains(" runs; API at ", StringComparison.Ordinal))
        {
            runs.TrySetResult();
        }
    }
}
