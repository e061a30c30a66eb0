using System.Security.Cryptography;
using System.Text.Json;
using Eddy.Tests.Scenarios;

namespace Eddy.Tests.Documents;

/// <summary>docs/quickstart.md, typed command by command into as many terminals as it names.</summary>
public sealed class QuickstartTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_commands_of_the_document_lead_from_a_download_to_a_settled_ring()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash") && File.Exists("/usr/bin/sha256sum"), "The document is for Linux with bash.");
        var terminals = Transcript.Read(await File.ReadAllTextAsync(Repository.PathOf("docs", "quickstart.md"), Token));
        Assert.InRange(terminals.Sum(terminal => terminal.Count), 3, 6);
        Download();
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = _home.Path,
            ["DOTNET_CLI_HOME"] = _home.Path,
            ["PATH"] = $"{_home.File(".local/bin")}:{Environment.GetEnvironmentVariable("PATH")}",

            // Another daemon may run on this machine; a busy one may freeze a daemon; and nobody wants to wait for half a minute.
            ["EDDY_EDDY__LISTEN"] = $"127.0.0.1:{DaemonProcess.FreePort()}",
            ["EDDY_EDDY__GUARD"] = "off",
            ["EDDY_RINGS__INTERVAL"] = "2s",
        };
        var open = new Stack<TranscriptTerminal>();
        try
        {
            foreach (var terminal in terminals)
            {
                open.Push(new(_home.Path, environment));
                foreach (var command in terminal)
                {
                    await open.Peek().RunAsync(command, goesOn: terminal != terminals[^1] && command == terminal[^1]);
                }
            }

            await AssertBalancedAsync();
        }
        finally
        {
            while (open.TryPop(out var terminal))
            {
                await terminal.DisposeAsync();
            }
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>In the place of the single file a script that runs the program as it was built.</summary>
    private void Download()
    {
        const string Name = "eddy-0.1.0-linux-x64";
        var file = _home.Write(Name, $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "eddy.dll")}' \"$@\"\n");
        _home.Write("SHA256SUMS", $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  {Name}\n{new string('0', 64)}  eddy-0.1.0-not-downloaded\n");
    }

    /// <summary>By the ledger's word, which follows the ring within a moment.</summary>
    private async Task AssertBalancedAsync()
    {
        for (var looks = 0; ; looks++)
        {
            using var network = JsonDocument.Parse(await File.ReadAllTextAsync(_home.File("net/network.json"), Token));
            var root = network.RootElement;
            Assert.All(root.GetProperty("nodes").EnumerateArray(), node => Assert.Equal(0, node.GetProperty("drift_msat").GetInt64()));
            var shares = root.GetProperty("channels").EnumerateArray()
                .Select(channel => channel.GetProperty("local_msat").GetDouble() / 1_000 / channel.GetProperty("capacity_sat").GetInt64()).ToArray();
            if (shares.Any(share => share < 0.7))
            {
                return;
            }

            Assert.True(looks < 600, $"No channel moved: {string.Join(' ', shares)}");
            await Task.Delay(100, Token);
        }
    }
}
