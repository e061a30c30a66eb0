using System.Collections.Immutable;
using Eddy.Configuration;
using Eddy.Engine;
using Eddy.Reloading;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Reloading;

/// <summary>A configuration that is read again: as a whole or not at all.</summary>
public sealed class ConfigReloaderTests : IDisposable
{
    private const string Alice = "02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Bob = "02bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<EngineOptions> _applied = [];
    private readonly List<LogLevel> _levels = [];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_changed_is_told_key_by_key_and_handed_to_the_engine()
    {
        var reloader = Start("[eddy]\nmode=active\n[rings]\ntarget=0.5\nminamount=60000\n[channel 1x2x3]\ntarget=0.3\n[policy]\nmaxperday=1000000\n");

        var outcome = await ReloadAsync(reloader, "[rings]\ntarget=0.4\n[peer 02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\nexclude=true\n[policy]\nmaxperday=2000000\n[eddy]\nmode=observe\nloglevel=debug\n");

        Assert.True(outcome.IsApplied);
        Assert.Equal(
            [
                "eddy.loglevel: info -> debug", "eddy.mode: active -> observe", "rings.target: 0.5 -> 0.4", "rings.minamount: 60000 -> 50000",
                "policy.maxperday: 1000000 -> 2000000", "channel 1x2x3.target: 0.3 -> ", $"peer {Alice}.exclude:  -> true",
            ],
            outcome.Changes.Select(Line).Order(StringComparer.Ordinal).OrderBy(static line => Array.FindIndex(["eddy.l", "eddy.m", "rings.t", "rings.m", "policy", "channel", "peer"], line.StartsWith)));
        var engine = Assert.Single(_applied);
        Assert.Equal((0.4, 50_000L, 2_000_000L, true), (engine.Rings.Target, engine.Rings.MinAmountSat, engine.Policy.MaxPerDaySat, engine.IsObserving));
        Assert.True(engine.Peers.Values.Single().IsExcluded);
        Assert.Empty(engine.Channels);
        Assert.Same(engine, reloader.Engine);
        Assert.Equal(LogLevel.Debug, _levels.Last());
    }

    [Fact]
    public async Task With_mistakes_in_it_all_of_it_is_refused_and_each_is_told()
    {
        var reloader = Start("[rings]\ntarget=0.5\n");

        var outcome = await ReloadAsync(reloader, "[rings]\ntarget=0.4\nminamont=5\ninterval=soon\n[policy]\nmaxinflight=many\n");

        Assert.False(outcome.IsApplied);
        Assert.Empty(outcome.Changes);
        Assert.Equal(3, outcome.Mistakes.Length);
        Assert.Empty(_applied);
        Assert.Empty(_levels);
        Assert.Null(reloader.Engine);

        // Put right, it is compared with what still holds.
        Assert.Equal(["rings.target: 0.5 -> 0.4"], (await ReloadAsync(reloader, "[rings]\ntarget=0.4\n")).Changes.Select(Line));
    }

    [Fact]
    public async Task What_needs_a_restart_is_named_each_time_and_keeps_nothing_else_back()
    {
        var reloader = Start("[lnd]\nhost=127.0.0.1:10009\n[rings]\nmaxlength=6\n");
        const string Text = "[lnd]\nhost=127.0.0.1:10010\n[eddy]\nlisten=127.0.0.1:9999\n[rings]\nmaxlength=8\ntarget=0.6\n";

        var outcome = await ReloadAsync(reloader, Text);
        Assert.Equal(["rings.target: 0.5 -> 0.6"], outcome.Changes.Where(static change => !change.NeedsRestart).Select(Line));
        Assert.Equal(["eddy.listen", "lnd.host", "rings.maxlength"], outcome.Changes.Where(static change => change.NeedsRestart).Select(static change => change.Key).Order(StringComparer.Ordinal));

        var again = await ReloadAsync(reloader, Text);
        Assert.Equal(3, again.Changes.Length);
        Assert.All(again.Changes, static change => Assert.True(change.NeedsRestart));
        Assert.Single(_applied);
    }

    [Fact]
    public async Task Lists_in_files_are_read_again()
    {
        var list = _directory.Write("deny.txt", $"{Alice}\n");
        var text = $"[policy]\ndeny=file://{list}\n";
        var reloader = Start(text);
        Assert.Empty((await ReloadAsync(reloader, text)).Changes);

        _directory.Write("deny.txt", $"{Alice}\n{Bob} # as well\n");
        var change = Assert.Single((await ReloadAsync(reloader, text)).Changes);
        Assert.Equal(("policy.deny", $"file://{list} (1 nodes)", $"file://{list} (2 nodes)"), (change.Key, change.From, change.To));
        Assert.Equal(2, _applied.Single().Policy.Deny.Count);

        File.Delete(list);
        Assert.False((await ReloadAsync(reloader, text)).IsApplied);
    }

    [Fact]
    public async Task What_the_engine_does_not_take_has_not_changed()
    {
        var reloader = Start("[rings]\ntarget=0.5\n");
        _directory.Write("eddy.conf", "[rings]\ntarget=0.4\n");

        await Assert.ThrowsAsync<InvalidOperationException>(() => reloader.ReloadAsync(static (_, _) => throw new InvalidOperationException("The engine has stopped."), CancellationToken.None));

        Assert.Null(reloader.Engine);
        Assert.Single((await ReloadAsync(reloader, "[rings]\ntarget=0.4\n")).Changes);
    }

    private static string Line(ConfigChange change) => $"{change.Key}: {change.From} -> {change.To}";

    private ConfigReloader Start(string text)
    {
        var path = _directory.Write("eddy.conf", text);
        ConfigResult Read() => ConfigLoader.Load(path, ImmutableDictionary<string, string>.Empty, ImmutableDictionary<ConfigKey, string>.Empty);
        return new ConfigReloader(Read().Config!, Read, _levels.Add, NullLogger<ConfigReloader>.Instance);
    }

    private Task<ReloadOutcome> ReloadAsync(ConfigReloader reloader, string text)
    {
        _directory.Write("eddy.conf", text);
        return reloader.ReloadAsync(
            (options, _) =>
            {
                _applied.Add(options);
                return Task.CompletedTask;
            },
            CancellationToken.None);
    }
}
