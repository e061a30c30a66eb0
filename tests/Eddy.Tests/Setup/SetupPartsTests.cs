using System.Collections;
using System.Collections.Immutable;
using Eddy.Configuration;
using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Setup;

namespace Eddy.Tests.Setup;

/// <summary>What <c>eddy setup</c> is made of, without a node.</summary>
public sealed class SetupPartsTests : IDisposable
{
    private static readonly NodeId Bob = NodeId.Parse("02" + new string('b', 64));
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("", "127.0.0.1:10009")]
    [InlineData("rpclisten=0.0.0.0:10010", "127.0.0.1:10010")]
    [InlineData("rpclisten=:10011", "127.0.0.1:10011")]
    [InlineData("rpclisten=localhost", "127.0.0.1:10009")]
    [InlineData("rpclisten=[::]:10012", "127.0.0.1:10012")]
    [InlineData("rpclisten=192.168.1.5:10009\nrpclisten=unix:///var/run/lnd.sock\nrpclisten=tcp://127.0.0.1:10013", "192.168.1.5:10009 127.0.0.1:10013")]
    [InlineData("rpclisten=unix:///var/run/lnd.sock", "127.0.0.1:10009")]
    public void The_hosts_of_an_lnd_conf_are_those_that_this_machine_can_reach(string text, string hosts)
    {
        _directory.Write("lnd.conf", $"[Application Options]\n{text}\n");

        Assert.Equal(hosts, string.Join(' ', LndConf.Read(_directory.Path).Hosts));
    }

    [Fact]
    public void An_lnd_conf_says_network_certificate_macaroon_and_what_bounds_a_frozen_program()
    {
        _directory.Write("lnd.conf", "tlscertpath=~/other.cert\n[Bitcoin]\nbitcoin.signet=1\nBitcoin.mainnet=0\nrequireinterceptor=true\n[grpc]\ngrpc.server-ping-time=5s\nnonsense\n");
        var conf = LndConf.Read(_directory.Path);

        Assert.Equal(("signet", true, "5s", null), (conf.Network, conf.RequiresInterceptor, conf.PingTime, conf.PingTimeout));
        Assert.Equal(ConfigReaders.ExpandPath("~/other.cert", "/"), conf.Certificate);
        Assert.Equal(_directory.File("data/chain/bitcoin/signet/admin.macaroon"), conf.AdminMacaroon("signet"));
    }

    [Fact]
    public void Without_an_lnd_conf_the_network_is_the_one_that_has_a_macaroon()
    {
        Directory.CreateDirectory(_directory.File("data/chain/bitcoin/testnet4"));
        _directory.Write("data/chain/bitcoin/testnet4/admin.macaroon", "x");
        var conf = LndConf.Read(_directory.Path);

        Assert.Equal((false, "testnet4", _directory.File("tls.cert")), (conf.Exists, conf.Network, conf.Certificate));
    }

    [Theory]
    [InlineData("home/me/.lnd", "this user's LND")]
    [InlineData("home/umbrel/umbrel/app-data/lightning/data/lnd", "Umbrel")]
    [InlineData("mnt/hdd/lnd", "RaspiBlitz")]
    [InlineData("mnt/hdd/app-data/lnd", "RaspiBlitz")]
    [InlineData("embassy-data/package-data/volumes/lnd/data/main", "Start9")]
    [InlineData("var/lib/docker/volumes/generated_lnd_bitcoin_datadir/_data", "a Docker volume")]
    [InlineData("home/bitcoin/.lnd", "another user's LND")]
    public void LND_is_found_where_it_usually_is(string place, string kind)
    {
        Directory.CreateDirectory(_directory.File(place + "/data"));
        Directory.CreateDirectory(_directory.File("var/lib/docker/volumes/somebody_elses/_data/data"));
        _directory.Write(place + "/tls.cert", "x");

        var found = Assert.Single(Places().Find());
        Assert.Equal((kind, _directory.File(place), true), (found.Kind, found.Directory, found.IsReadable));
    }

    [Fact]
    public void A_link_to_LNDs_directory_is_not_a_second_one()
    {
        Directory.CreateDirectory(_directory.File("mnt/hdd/lnd/data"));
        _directory.Write("mnt/hdd/lnd/tls.cert", "x");
        Directory.CreateDirectory(_directory.File("home/me"));
        Directory.CreateSymbolicLink(_directory.File("home/me/.lnd"), _directory.File("mnt/hdd/lnd"));

        Assert.Equal(_directory.File("home/me/.lnd"), Assert.Single(Places().Find()).Directory);
    }

    [Theory]
    [InlineData(900_000, 100_000, 0.7)]
    [InlineData(100_000, 900_000, 0.3)]
    [InlineData(500_000, 500_000, null)]
    [InlineData(90_000, 0, null)]
    [InlineData(0, 0, null)]
    public void A_channel_that_drains_is_kept_fuller_and_one_that_fills_up_emptier(long sent, long received, double? target) =>
        Assert.Equal(target, TargetProposal.For([Surveyed("bob", sent, received)]).FirstOrDefault()?.Target);

    [Fact]
    public void The_file_holds_every_key_and_says_what_holds_without_it()
    {
        var defaults = Load("");
        var text = ConfigTemplate.Write(defaults, Survey(Surveyed("bob", 900_000, 0)), DateTimeOffset.UnixEpoch);

        Assert.All(ConfigKeys.All, key => Assert.Contains($"\n# {key.Help}\n#{key.Name}={key.Default}\n", text, StringComparison.Ordinal));
        var read = Load(text);
        Assert.Equal(defaults.Values.Select(value => value.Text), read.Values.Take(defaults.Values.Length).Select(value => value.Text));
        Assert.Equal(0.7, Assert.Single(read.Channels).Value.Target);

        // Every comment that is a key can be made one.
        var lines = text.Split('\n').Select(line => line.StartsWith('#') && line.Contains('=', StringComparison.Ordinal) && !line.Contains(' ', StringComparison.Ordinal) ? line[1..] : line);
        Load(string.Join('\n', lines));
    }

    [Fact]
    public void What_is_set_stands_in_the_file_and_is_read_again_as_it_was()
    {
        var set = Load($"[lnd]\nlnddir=\"/srv/my #1 node\"\n[rings]\ntarget=0.4\n[policy]\ndeny={Bob}\n[peer {Bob}]\ntarget=0.25\n[channel 1x1x1]\nexclude=yes\n");
        var read = Load(ConfigTemplate.Write(set, survey: null, DateTimeOffset.UnixEpoch));

        Assert.Equal(set.Values.Where(IsSet).Select(value => (value.Key.FullName, value.Text)), read.Values.Where(IsSet).Select(value => (value.Key.FullName, value.Text)));
        Assert.Equal("/srv/my #1 node/tls.cert", read.Certificate);

        static bool IsSet(ConfigValue value) => value.Origin is ConfigOrigin.File;
    }

    [Fact]
    public void A_strangers_alias_sets_nothing()
    {
        var text = ConfigTemplate.Write(Load(""), Survey(Surveyed("x\n[rings]\nmaxlength=12\r\n\u2028", 0, 0)), DateTimeOffset.UnixEpoch);

        Assert.Equal(6, Load(text).MaxLength);
    }

    [Fact]
    public void The_unit_is_the_one_in_the_documents()
    {
        var unit = new SystemdUnit("lnd", "/usr/local/bin/eddy", "").Text;

        Assert.Contains($"```\n{unit}```", File.ReadAllText(Repository.PathOf("docs", "operations.md")), StringComparison.Ordinal);
    }

    private static SurveyedChannel Surveyed(string alias, long sent, long received) => new(
        new Channel
        {
            Id = ShortChannelId.Parse("700000x1x0"),
            ChannelPoint = "",
            Peer = Bob,
            PeerAlias = alias,
            Capacity = MilliSatoshi.FromSatoshi(1_000_000),
            Local = MilliSatoshi.FromSatoshi(400_000),
            Remote = MilliSatoshi.FromSatoshi(600_000),
            Spendable = MilliSatoshi.Zero,
            Receivable = MilliSatoshi.Zero,
            IsActive = true,
        },
        sent,
        received);

    private static LndSurveyReport Survey(params ImmutableArray<SurveyedChannel> channels) => new(
        new NodeIdentity(Bob, "alice", "regtest", default, "0.20.3-beta", 1, 18), true, true, DateTimeOffset.UnixEpoch, false, channels, []);

    private LndPlaces Places() => new(_directory.Path, _directory.File("home/me"));

    private EddyConfig Load(string text)
    {
        var (config, mistakes) = ConfigLoader.Load(_directory.Write("eddy.conf", text), new Hashtable(), new Dictionary<ConfigKey, string>());
        Assert.Empty(mistakes);
        return config!;
    }
}
