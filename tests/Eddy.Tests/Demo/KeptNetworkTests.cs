using System.Text.Json;
using Eddy.CommandLine;
using Eddy.Demo;
using Eddy.Tests.Setup;

namespace Eddy.Tests.Demo;

/// <summary><c>eddy demo --keep</c>.</summary>
public sealed class KeptNetworkTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Nodes_are_there_until_they_are_told_to_go_and_nothing_is_left_of_them()
    {
        // What a run that was killed leaves behind is cleared away.
        var directory = _home.File("net");
        Directory.CreateDirectory(_home.File("net/alice/lnd"));
        _home.Write("net/network.json", "{}");
        File.CreateSymbolicLink(_home.File("net/yours"), "nobody");
        using var stop = new CancellationTokenSource();
        using var ready = new ReadyWriter();
        var running = KeptNetwork.RunAsync(new(directory, 3, 1, KeptNetwork.None), new Terminal(ready, TextWriter.Null, false), null, stop.Token);
        Assert.Same(ready.IsReady, await Task.WhenAny(ready.IsReady, running).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        using (var network = JsonDocument.Parse(await File.ReadAllTextAsync(_home.File("net/network.json"))))
        {
            var nodes = network.RootElement.GetProperty("nodes").EnumerateArray().ToArray();
            Assert.Equal(3, nodes.Length);
            Assert.All(nodes, node => Assert.True(File.Exists(Path.Combine(node.GetProperty("lnd_dir").GetString()!, "lnd.conf"))));
            Assert.All(nodes, node => Assert.False(node.GetProperty("eddy").GetBoolean()));
        }

        var setup = await SetupSite.RunAsync("", "setup", "--yes", "--lnddir", Path.Combine(directory, "yours", "lnd"), "--config", _home.File("own/eddy.conf"));
        Assert.Equal((0, ""), (setup.ExitCode, setup.Error));
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Done, await running);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
        Assert.Contains("Every node had to the millisatoshi what it had at the start.", ready.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--keep full", "is not empty")]
    [InlineData("--keep full/file", "is a file")]
    [InlineData("--keep full/file/below", "cannot make")]
    [InlineData("--keep net --json", "network.json")]
    [InlineData("--daemons all", "--daemons with --keep")]
    [InlineData("--keep net --daemons some", "'some'")]
    public async Task Wrong_usage_is_one_clear_line(string arguments, string says)
    {
        Directory.CreateDirectory(_home.File("full"));
        _home.Write("full/file", "");
        var result = await SetupSite.RunAsync("", ["demo", .. arguments.Replace("--keep ", $"--keep {_home.Path}/", StringComparison.Ordinal).Split(' ')]);

        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains(says, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.True(File.Exists(_home.File("full/file")));
    }

    /// <summary>Tells when the network says that it is ready.</summary>
    private sealed class ReadyWriter : StringWriter
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsReady => _ready.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith("Ready.", StringComparison.Ordinal) == true)
            {
                _ready.TrySetResult();
            }
        }
    }
}
