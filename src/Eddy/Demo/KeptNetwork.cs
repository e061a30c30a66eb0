using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Eddy.CommandLine;
using Eddy.Engine;
using Eddy.Hosting;
using Eddy.Lightning;
using Eddy.Simulator;

namespace Eddy.Demo;

/// <summary>What <c>eddy demo --keep</c> was asked for.</summary>
/// <param name="Directory">Must not exist, be empty, or be left over from an earlier run.</param>
internal sealed record KeepOptions(string Directory, int Nodes, int Seed, string Daemons)
{
    /// <summary>Standard input says which LND is to die or to start. Not otherwise: a shell stops a program in the background that reads it.</summary>
    public bool IsControlled { get; init; }
}

/// <summary>
/// Simulated LND nodes in a ring that is full on one side, kept running until they are told to stop, so that an eddy of one's own can be run
/// beside one of them as beside a real node. What is in the directory goes with them.
/// </summary>
internal sealed class KeptNetwork : IAsyncDisposable
{
    public const string All = "all";
    public const string Others = "others";
    public const string None = "none";

    private const string Marker = "network.json";
    private const string Yours = "yours";
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly KeepOptions _options;
    private readonly DemoSite _site;
    private readonly bool _isOwnDirectory;
    private readonly Dictionary<NodeId, MilliSatoshi> _before;

    private KeptNetwork(KeepOptions options, DemoSite site, bool isOwnDirectory, Dictionary<NodeId, MilliSatoshi> before)
    {
        (_options, _site, _isOwnDirectory, _before) = (options, site, isOwnDirectory, before);
    }

    private string MarkerPath => Path.Combine(_options.Directory, Marker);

    /// <summary>The one with the lowest key: it proposes the ring.</summary>
    private DemoNode First => _site.Nodes.MinBy(node => node.Id)!;

    /// <summary>Runs until it is cancelled; then says what everybody has.</summary>
    public static async Task<int> RunAsync(KeepOptions options, Terminal terminal, LogLevel? logLevel, CancellationToken cancellationToken)
    {
        KeptReport end;
        await using (var kept = await StartAsync(options, alias => LineLoggerProvider.CreateFactory(terminal.Error, logLevel ?? LogLevel.Warning, alias)))
        {
            try
            {
                await kept.StartDaemonsAsync(cancellationToken);
                kept.Introduce(terminal);
                var controlled = options.IsControlled ? kept.ObeyAsync(terminal, cancellationToken) : Task.CompletedTask;
                await kept.FollowAsync(terminal, cancellationToken);
                await controlled;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Somebody has seen enough.
            }

            end = await kept.EndAsync();
        }

        var drifted = end.Nodes.Where(node => node.DriftMsat != 0).ToArray();
        terminal.WriteLine(drifted.Length == 0
            ? "Stopped. Every node had to the millisatoshi what it had at the start."
            : $"Stopped. Not what they had at the start: {string.Join(", ", drifted.Select(node => $"{node.Name} {node.DriftMsat} msat"))}.");
        return drifted.Length == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        try
        {
            File.Delete(MarkerPath);
            File.Delete(Path.Combine(_options.Directory, Yours));
            if (_isOwnDirectory && Directory.Exists(_options.Directory) && !Directory.EnumerateFileSystemEntries(_options.Directory).Any())
            {
                Directory.Delete(_options.Directory);
            }
        }
        catch (IOException)
        {
            // The next run with this directory clears it away.
        }
    }

    private static async Task<KeptNetwork> StartAsync(KeepOptions options, Func<string, ILoggerFactory> loggers)
    {
        var isOwnDirectory = !Directory.Exists(options.Directory);
        try
        {
            Prepare(options.Directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"cannot make {options.Directory}: {e.Message}");
        }

        // Real daemons live by the wall clock, so the network's must show the same.
        var network = new SimulatedNetwork(new() { Seed = (ulong)options.Seed, StartTime = DateTimeOffset.UtcNow });
        RingTopology.Build(network, new() { Nodes = options.Nodes });
        var before = network.Nodes.ToDictionary(node => node.Id, node => node.ChannelBalance);
        var site = await DemoSite.StartAsync(network, _ => EngineOptionsOf(options), loggers, options.Directory);
        foreach (var node in site.Nodes)
        {
            await File.WriteAllTextAsync(Path.Combine(node.Lnd.LndDir, "lnd.conf"), $"""
                [Application Options]
                alias={node.Alias}
                rpclisten={node.Lnd.Address}

                [Bitcoin]
                bitcoin.{network.Options.Chain}=true

                [grpc]
                grpc.server-ping-time=5s
                grpc.server-ping-timeout=2s

                """);
        }

        var kept = new KeptNetwork(options, site, isOwnDirectory, before);
        File.CreateSymbolicLink(Path.Combine(options.Directory, Yours), kept.First.Alias);
        return kept;
    }

    private static EngineOptions EngineOptionsOf(KeepOptions options) => new()
    {
        Agent = $"eddy/{BuildVersion.Number}",
        Rings = new RingOptions { MaxLength = Math.Max(6, options.Nodes), Interval = TimeSpan.FromSeconds(5), MaxLockBlocks = 1_900 },
    };

    /// <summary>Nobody else's directory is touched; one of an earlier run that was killed is cleared.</summary>
    private static void Prepare(string directory)
    {
        if (File.Exists(directory))
        {
            throw new CommandException(ExitCode.Usage, $"{directory} is a file: name a directory that is yet to be made");
        }

        if (File.Exists(Path.Combine(directory, Marker)))
        {
            // First the link: it leads to one of the directories, or to one that is no more.
            if (new FileInfo(Path.Combine(directory, Yours)) is { LinkTarget: not null } link)
            {
                link.Delete();
            }

            foreach (var child in new DirectoryInfo(directory).EnumerateDirectories().Where(child => child.LinkTarget is null && Directory.Exists(Path.Combine(child.FullName, "lnd"))))
            {
                child.Delete(recursive: true);
            }
        }
        else if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new CommandException(ExitCode.Usage, $"{directory} is not empty, and not of an earlier 'eddy demo --keep': name a directory that is yet to be made");
        }

        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, Marker), "{}\n");
    }

    private async Task StartDaemonsAsync(CancellationToken cancellationToken)
    {
        var with = _options.Daemons switch
        {
            All => _site.Nodes,
            None => [],
            _ => _site.Nodes.Where(node => node != First),
        };
        await Task.WhenAll(with.Select(node => _site.StartDaemonAsync(node, cancellationToken)));
        await WriteAsync(await LookAsync(), cancellationToken);
    }

    private void Introduce(Terminal terminal)
    {
        var table = new TextTable().Key("node").Key("grpc").Column("lnd directory").Column("eddy");
        foreach (var node in _site.Nodes)
        {
            table.Row(node.Alias, node.Lnd.Address, node.Lnd.LndDir, node.Daemon is null ? "none" : "runs");
        }

        terminal.WriteLine($"{_site.Nodes.Count} simulated LND nodes are in a ring, with all liquidity on one side:");
        table.WriteTo(terminal);
        if (First.Daemon is null)
        {
            terminal.WriteLine($"{First.Alias} is yours: eddy setup --lnddir {Path.Combine(_options.Directory, Yours, "lnd")}");
        }

        terminal.WriteLine("Ready. Ctrl+C ends it and takes the directory away.");
    }

    private async Task ObeyAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        while (await Task.Run(terminal.Input.ReadLine, cancellationToken).WaitAsync(cancellationToken) is { } line)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var node = words.Length == 2 ? _site.Nodes.FirstOrDefault(node => node.Alias == words[1]) : null;
            if (node is null || words[0] is not ("kill" or "start"))
            {
                terminal.WriteLine("Say 'kill NODE' or 'start NODE'.");
                continue;
            }

            await (words[0] == "kill" ? node.Lnd.KillAsync() : node.Lnd.StartAgainAsync());
            terminal.WriteLine($"Done: {line.Trim()}");
        }
    }

    /// <summary>Keeps network.json up to date, and says when balances have changed.</summary>
    private async Task FollowAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        var last = await LookAsync();
        while (true)
        {
            await Task.WhenAny(_site.Pump.Completion, Task.Delay(LookInterval, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (_site.Pump.Completion.IsCompleted)
            {
                await _site.Pump.Completion;
            }

            var now = await LookAsync();
            if (!now.IsQuiet || now.Channels.SequenceEqual(last.Channels))
            {
                continue;
            }

            last = now;
            await WriteAsync(now, cancellationToken);
            var changed = string.Join(", ", now.Channels.Select(channel => $"{channel.From} to {channel.To} {Show.Percent((double)channel.LocalMsat / 1000 / channel.CapacitySat)}"));
            var drift = now.Nodes.Count(node => node.DriftMsat != 0);
            terminal.WriteLine($"{DateTime.UtcNow:HH:mm:ss}  balances: {changed}; {(drift == 0 ? "no node has a msat more or less" : $"{drift} nodes have not what they had")}");
        }
    }

    /// <summary>What is under way has its sats in no balance, so that ends first, unless it does not.</summary>
    private async Task<KeptReport> EndAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var end = await LookAsync();
        while (!end.IsQuiet && Stopwatch.GetElapsedTime(started) < LongestEnd)
        {
            await Task.Delay(LookInterval);
            end = await LookAsync();
        }

        return end;
    }

    private Task<KeptReport> LookAsync() => _site.Pump.InvokeAsync(network => new KeptReport(
        network.Options.Chain,
        network.Channels.All(channel => channel.Opener.Offered.Count + channel.Other.Offered.Count == 0),
        [
            .. _site.Nodes.Select(node => new KeptNode(
                node.Alias, node.Id.ToString(), node.Lnd.Address, node.Lnd.LndDir, node.Daemon is not null, node.Model.ChannelBalance.Value, (node.Model.ChannelBalance - _before[node.Id]).Value)),
        ],
        [
            .. network.Channels.Select(channel => new KeptChannel(
                channel.Id.ToString(), channel.Opener.Node.Alias, channel.Other.Node.Alias, channel.Capacity.Satoshi, channel.Opener.Local.Value)),
        ]));

    private async Task WriteAsync(KeptReport report, CancellationToken cancellationToken)
    {
        var next = MarkerPath + ".new";
        await File.WriteAllTextAsync(next, JsonSerializer.Serialize(report, DemoJson.Default.KeptReport) + "\n", cancellationToken);
        File.Move(next, MarkerPath, overwrite: true);
    }
}

/// <summary><c>network.json</c>: what the ledger says, whatever daemons believe.</summary>
/// <param name="IsQuiet">No HTLC is in flight.</param>
internal sealed record KeptReport(string Network, bool IsQuiet, ImmutableArray<KeptNode> Nodes, ImmutableArray<KeptChannel> Channels);

/// <param name="Eddy">One runs beside it in this process.</param>
/// <param name="BalanceMsat">ChannelBalance.</param>
/// <param name="DriftMsat">Now less at the start.</param>
internal sealed record KeptNode(string Name, string Pubkey, string Grpc, string LndDir, bool Eddy, long BalanceMsat, long DriftMsat);

/// <param name="LocalMsat">At the end of <paramref name="From"/>.</param>
internal sealed record KeptChannel(string Scid, string From, string To, long CapacitySat, long LocalMsat);
