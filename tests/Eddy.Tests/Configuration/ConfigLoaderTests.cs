using System.Collections;
using System.Diagnostics;
using System.IO.Pipes;
using System.Net;
using Eddy.Configuration;
using Eddy.Lightning;

namespace Eddy.Tests.Configuration;

public sealed class ConfigLoaderTests : IDisposable
{
    private const string Alice = "02aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Bob = "03bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Without_anything_the_defaults_of_the_contract_hold()
    {
        var config = Valid("");

        Assert.Equal(new HostPort("127.0.0.1", 10009), config.LndHost);
        Assert.EndsWith("/.lnd/tls.cert", config.Certificate, StringComparison.Ordinal);
        Assert.EndsWith("/.eddy/eddy.macaroon", config.Macaroon, StringComparison.Ordinal);
        Assert.EndsWith("/.eddy", config.DataDirectory, StringComparison.Ordinal);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:8735"), config.Listen);
        Assert.Equal((0.5, 0.1, 50_000L, 5_000_000L, 6), (config.Target, config.Deadband, config.MinAmountSat, config.MaxAmountSat, config.MaxLength));
        Assert.Equal(TimeSpan.FromSeconds(30), config.Interval);
        Assert.True(config.IsObserving);
        Assert.Equal((10_000_000L, 5_000_000L, 5_000L), (config.MaxPerDaySat, config.MaxPerPeerPerDaySat, config.MaxWaivedFeePerDaySat));
        Assert.True(config.IsGuarded);
        Assert.Equal(TimeSpan.FromMilliseconds(1_500), config.GuardTimeout);
        Assert.Null(config.Network);
        Assert.Empty(config.Allow);
    }

    [Fact]
    public void A_flag_overrules_the_environment_and_that_the_file()
    {
        var file = "[rings]\ntarget=0.3\ndeadband=0.2\nmaxlength=4";
        var config = Valid(file, new() { ["EDDY_RINGS__DEADBAND"] = "0.25", ["eddy_rings__maxlength"] = "5" }, (ConfigKeys.MaxLength, "8"));

        Assert.Equal((0.3, 0.25, 8), (config.Target, config.Deadband, config.MaxLength));
        Assert.Equal($"{_directory.File("eddy.conf")}:2", config.OriginOf(ConfigKeys.Target).ToString());
        Assert.Equal("EDDY_RINGS__DEADBAND", config.OriginOf(ConfigKeys.Deadband).ToString());
        Assert.Equal("--rings.maxlength", config.OriginOf(ConfigKeys.MaxLength).ToString());
        Assert.Equal("default", config.OriginOf(ConfigKeys.Interval).ToString());
    }

    [Theory]
    [InlineData("[lnd]\nhost=127.0.0.1", "host: '127.0.0.1' is not host:port")]
    [InlineData("[lnd]\nhost=a b:1", "is not host:port")]
    [InlineData("[lnd]\nhost=a:70000", "is not host:port")]
    [InlineData("[lnd]\nnetwork=mainet", "did you mean 'mainnet'?")]
    [InlineData("[lnd]\ntlscert=", "a path is missing")]
    [InlineData("[eddy]\nlisten=0.0.0.0:8735", "loopback only")]
    [InlineData("[eddy]\nlisten=192.168.1.4:8735", "loopback only")]
    [InlineData("[eddy]\nlisten=example.com:8735", "is not an IP address")]
    [InlineData("[eddy]\nlisten=8735", "is not address:port")]
    [InlineData("[eddy]\nloglevel=verbose", "none of trace, debug, info, warn, error")]
    [InlineData("[eddy]\nmode=passive", "none of active, observe")]
    [InlineData("[eddy]\nguard=yes", "none of on, off")]
    [InlineData("[eddy]\nguardtimeout=200ms", "from 500ms to 1m")]
    [InlineData("[eddy]\nguardtimeout=2", "is not a duration")]
    [InlineData("[rings]\ntarget=1", "is not a share")]
    [InlineData("[rings]\ntarget=50%", "is not a share")]
    [InlineData("[rings]\ntarget=-0.5", "is not a share")]
    [InlineData("[rings]\ntarget=0,5", "is not a share")]
    [InlineData("[rings]\ndeadband=0.6", "is not a share")]
    [InlineData("[rings]\nminamount=0", "is not an amount")]
    [InlineData("[rings]\nminamount=0.001", "is not an amount")]
    [InlineData("[rings]\nmaxamount=9999999999999999", "is not an amount")]
    [InlineData("[rings]\nmaxlength=2", "from 3 to 12")]
    [InlineData("[rings]\nmaxlength=13", "from 3 to 12")]
    [InlineData("[rings]\ninterval=30", "is not a duration")]
    [InlineData("[rings]\ninterval=1ms", "is not a duration")]
    [InlineData("[rings]\ninterval=666666662h", "is not a duration")]
    [InlineData("[rings]\nconsent=lax", "none of normal, strict")]
    [InlineData("[rings]\nminamount=100\nmaxamount=50", "minamount (100) is more than maxamount (50)")]
    [InlineData("[policy]\nallow=02ab", "'02ab' is not a public key")]
    [InlineData("[policy]\nallow=file://missing.txt", "cannot read the list")]
    [InlineData("[policy]\nallow=" + Alice + "\ndeny=" + Bob + "," + Alice, "is both allowed and denied")]
    [InlineData("[policy]\nmaxinflight=0", "from 1 to 100")]
    [InlineData("[policy]\nmaxperday=-1", "is not an amount")]
    [InlineData("[channel 12]\ntarget=2", "is not a share")]
    [InlineData("[channel abc]\ntarget=0.5", "does not name a short channel id")]
    [InlineData("[channel]\ntarget=0.5", "does not name a short channel id")]
    [InlineData("[peer 02ab]\ntarget=0.5", "does not name a public key")]
    [InlineData("[channel 1x1x1]\nexclude=perhaps", "is neither true nor false")]
    [InlineData("[channel 1x1x1]\nexcluded=true", "unknown key 'excluded' in [channel 1x1x1]; did you mean 'exclude'?")]
    [InlineData("[rings]\ntargt=0.5", "unknown key 'targt' in [rings]; did you mean 'target'?")]
    [InlineData("[rings]\nhost=a:1", "unknown key 'host' in [rings]; it belongs in [lnd]")]
    [InlineData("[ring]\ntarget=0.5", "unknown section [ring]; did you mean [rings]?")]
    [InlineData("[lnd main]\nhost=a:1", "unknown section [lnd main]")]
    [InlineData("target=0.5", "target stands before any section; it belongs in [rings]")]
    [InlineData("[rings]\ntarget=0.5\ntarget=0.6", "target is set twice; first in line 2")]
    public void A_wrong_line_is_named_with_what_would_be_right(string file, string what)
    {
        var mistake = Assert.Single(Load(file).Mistakes);

        Assert.Contains(what, mistake.Text, StringComparison.Ordinal);
        Assert.StartsWith(_directory.File("eddy.conf") + ":", mistake.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_of_all_sources_come_at_once_in_order()
    {
        _directory.Write("friends.txt", $"# friends\n{Alice} # Alice\n\nnobody\n");
        var file = "[lnd]\nhost=x\nhots=y\n[rings]\ntarget=2\nnonsense\n[policy]\nallow=file://friends.txt";
        var result = Load(file, new() { ["EDDY_RINGS__MAXLENGHT"] = "5", ["EDDY_RINGS__DEADBAND"] = "x", ["EDDY_SEED"] = "7" }, (ConfigKeys.Mode, "off"));

        Assert.Null(result.Config);
        var conf = _directory.File("eddy.conf");
        Assert.Equal(
            [$"{conf}:2", $"{conf}:3", $"{conf}:5", $"{conf}:6", $"{_directory.File("friends.txt")}:4", "EDDY_RINGS__DEADBAND", "EDDY_RINGS__MAXLENGHT", "--eddy.mode"],
            result.Mistakes.Select(mistake => mistake.Origin.ToString()));
        Assert.Contains("did you mean EDDY_RINGS__MAXLENGTH?", result.Mistakes[6].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_without_end_are_refused()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "There is no /dev/zero here.");

        var file = ConfigLoader.Load("/dev/zero", new Hashtable(), new Dictionary<ConfigKey, string>());
        var list = Load("[policy]\ndeny=file:///dev/zero");

        Assert.Equal("this is more than 1 MiB, and so no configuration", Assert.Single(file.Mistakes).Text);
        Assert.Contains("the list /dev/zero is more than 4 MiB", Assert.Single(list.Mistakes).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipes_are_refused_and_nobody_waits_for_their_writers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/mkfifo"), "There is no mkfifo here.");
        var named = _directory.File("pipe");
        using (var mkfifo = Process.Start("/usr/bin/mkfifo", [named]))
        {
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await using var open = new AnonymousPipeServerStream(PipeDirection.In);
        foreach (var path in new[] { named, $"/proc/self/fd/{open.SafePipeHandle.DangerousGetHandle()}" })
        {
            var file = ConfigLoader.Load(path, new Hashtable(), new Dictionary<ConfigKey, string>());
            var list = Load($"[policy]\nallow=file://{path}");
            var certificate = FileChecks.Mistakes(Valid($"[lnd]\ntlscert={path}")).Single(mistake => mistake.Text.Contains(path, StringComparison.Ordinal));

            Assert.Equal("the configuration file is a pipe, a socket or a terminal and no file", Assert.Single(file.Mistakes).Text);
            Assert.Equal($"allow: cannot read the list {path}: it is a pipe, a socket or a terminal and no file", Assert.Single(list.Mistakes).Text);
            Assert.EndsWith("is a pipe, a socket or a terminal and no file", certificate.Text, StringComparison.Ordinal);
        }

        Assert.Empty(ConfigLoader.Load("/dev/null", new Hashtable(), new Dictionary<ConfigKey, string>()).Mistakes);
    }

    [Fact]
    public void A_file_of_a_mebibyte_is_read_and_one_byte_more_is_refused()
    {
        var largest = "[rings]\ntarget=0.4\n".PadRight(1024 * 1024, '\n');

        Assert.Equal(0.4, Valid(largest).Target);
        Assert.Contains("more than 1 MiB", Assert.Single(Load(largest + "\n").Mistakes).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_value_is_reported_even_where_a_later_one_overrules_it() =>
        Assert.Single(Load("[rings]\ntarget=2", [], (ConfigKeys.Target, "0.5")).Mistakes);

    [Fact]
    public void Lists_take_keys_and_files()
    {
        _directory.Write("friends.txt", $"; friends\n{Bob} ; Bob\n");
        var config = Valid($"[policy]\nallow={Alice}, file://friends.txt");

        Assert.Equal([NodeId.Parse(Alice), NodeId.Parse(Bob)], config.Allow);
    }

    [Fact]
    public void Channels_and_peers_have_settings_of_their_own()
    {
        var config = Valid($"[channel 870127x1237x1]\ntarget=0.3\nexclude=false\n[channel 870127:1237:2]\nexclude=true\n[peer {Alice}]\ntarget=0.7\ndeadband=0.05");

        Assert.Equal(new LinkConfig(0.3, null, false), config.Channels[ShortChannelId.Parse("870127x1237x1")]);
        Assert.Equal(new LinkConfig(null, null, true), config.Channels[ShortChannelId.Parse("870127x1237x2")]);
        Assert.Equal(new LinkConfig(0.7, 0.05, null), config.Peers[NodeId.Parse(Alice)]);
    }

    [Fact]
    public void Lnddir_and_network_lead_to_certificate_and_macaroon()
    {
        var lnd = _directory.File("lnd");
        var macaroons = Directory.CreateDirectory(Path.Combine(lnd, "data", "chain", "bitcoin", "regtest")).FullName;

        var before = Valid("[lnd]\nlnddir=lnd\nnetwork=regtest");
        Assert.Equal((Path.Combine(lnd, "tls.cert"), Path.Combine(macaroons, "admin.macaroon")), (before.Certificate, before.Macaroon));

        File.WriteAllText(Path.Combine(macaroons, "eddy.macaroon"), "");
        Assert.Equal(Path.Combine(macaroons, "eddy.macaroon"), Valid("[lnd]\nlnddir=lnd\nnetwork=regtest").Macaroon);

        var own = Valid("[lnd]\nlnddir=lnd\nnetwork=regtest\nmacaroon=/m");
        Assert.Equal("/m", own.Macaroon);
    }

    [Fact]
    public void A_file_that_was_asked_for_must_be_there()
    {
        var missing = ConfigLoader.Load(_directory.File("none.conf"), new Hashtable(), new Dictionary<ConfigKey, string>());
        Assert.Contains("does not exist", Assert.Single(missing.Mistakes).ToString(), StringComparison.Ordinal);

        var directory = ConfigLoader.Load(_directory.Path, new Hashtable(), new Dictionary<ConfigKey, string>());
        Assert.Contains("is a directory", Assert.Single(directory.Mistakes).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("250ms", 250)]
    [InlineData("5m", 300_000)]
    [InlineData("2 h", 7_200_000)]
    public void Durations_have_units(string text, double milliseconds)
    {
        Assert.True(ConfigReaders.TryDuration(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    private EddyConfig Valid(string file, Hashtable? environment = null, params (ConfigKey Key, string Value)[] flags)
    {
        var result = Load(file, environment, flags);
        Assert.Empty(result.Mistakes);
        return result.Config!;
    }

    private ConfigResult Load(string file, Hashtable? environment = null, params (ConfigKey Key, string Value)[] flags) =>
        ConfigLoader.Load(_directory.Write("eddy.conf", file), environment ?? [], flags.ToDictionary(flag => flag.Key, flag => flag.Value));
}
