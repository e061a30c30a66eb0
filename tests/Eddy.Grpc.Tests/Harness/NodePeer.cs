using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace Eddy.Grpc.Tests.Harness;

/// <summary>A process with grpc-js in it, which talks to the test in lines over its standard streams.</summary>
internal sealed class NodePeer : IAsyncDisposable
{
    private const string GrpcVersion = "1.14.7";
    private const string LoaderVersion = "0.8.1";

    private static readonly Lazy<Task<string>> Modules = new(InstallAsync);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private NodePeer(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Complain(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Starts a script of the folder Peer; skips the test where there is no node, or no package to be had.</summary>
    public static async Task<NodePeer> StartAsync(string script, params string[] arguments)
    {
        var modules = "";
        try
        {
            modules = await Modules.Value;
        }
        catch (Exception exception)
        {
            Assert.Skip($"Needs node and npm, and @grpc/grpc-js from them: {exception.Message}");
        }

        return new NodePeer(Launch("node", [Path.Combine(AppContext.BaseDirectory, "Peer", script), .. arguments], modules));
    }

    public async Task TellAsync(string word)
    {
        await _process.StandardInput.WriteLineAsync(word);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for a line that begins with this word and returns the rest of it.</summary>
    public async Task<string> HearAsync(string word)
    {
        using var limit = new CancellationTokenSource(Signals.Patience);
        await foreach (var line in _lines.Reader.ReadAllAsync(limit.Token))
        {
            if (line == word || line.StartsWith(word + " ", StringComparison.Ordinal))
            {
                return line[word.Length..].TrimStart();
            }

            Assert.False(line.StartsWith("stderr ", StringComparison.Ordinal), line);
        }

        throw new InvalidOperationException($"The peer ended without saying '{word}'.");
    }

    public async Task<JsonElement> ResultAsync() => JsonDocument.Parse(await HearAsync("result")).RootElement;

    /// <summary>How many messages the peer says it has written, as soon as that stands still.</summary>
    public async Task<int> SettledWritesAsync()
    {
        for (var last = -1; ;)
        {
            await TellAsync("written");
            var now = int.Parse(await HearAsync("written"), null);
            if (now == last)
            {
                return now;
            }

            last = now;
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Process Launch(string command, IEnumerable<string> arguments, string modules)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = modules,
        };
        start.Environment["NODE_PATH"] = Path.Combine(modules, "node_modules");
        return Process.Start(start)!;
    }

    // Shared by all test runs of a user, and outside of the source tree.
    private static async Task<string> InstallAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"eddy-{Environment.UserName}-grpc-js-{GrpcVersion}-{LoaderVersion}");
        Directory.CreateDirectory(folder);
        await using var turn = await LockAsync(Path.Combine(folder, "lock"));
        var done = Path.Combine(folder, "installed");
        if (File.Exists(done))
        {
            return folder;
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), "{\"private\":true}");
        using var npm = Launch(
            "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", $"@grpc/grpc-js@{GrpcVersion}", $"@grpc/proto-loader@{LoaderVersion}"], folder);
        npm.StandardInput.Close();
        var output = npm.StandardOutput.ReadToEndAsync();
        var errors = await npm.StandardError.ReadToEndAsync();
        await output;
        await npm.WaitForExitAsync();
        if (npm.ExitCode != 0)
        {
            throw new InvalidOperationException($"npm install failed: {errors}");
        }

        await File.WriteAllTextAsync(done, "");
        return folder;
    }

    private static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            _lines.Writer.TryComplete();
        }
        else
        {
            _lines.Writer.TryWrite(line);
        }
    }

    private void Complain(string? line)
    {
        if (!string.IsNullOrWhiteSpace(line))
        {
            _lines.Writer.TryWrite("stderr " + line);
        }
    }
}
