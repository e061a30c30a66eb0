using System.Collections.Immutable;

namespace Eddy.Configuration;

/// <summary>Every key there is. The order is the one of <c>eddy config show</c> and of the help.</summary>
internal static class ConfigKeys
{
    public const string ChannelSection = "channel";
    public const string PeerSection = "peer";

    public static readonly ConfigKey LndHost = new(
        "lnd", "host", "127.0.0.1:10009", "host:port of LND's gRPC API", ConfigReaders.HostAndPort);

    public static readonly ConfigKey Proxy = new(
        "lnd", "proxy", "", "host:port of a SOCKS5 proxy (Tor) on the way to LND, which also resolves LND's name; none where this is not set", ConfigReaders.HostAndPort)
    {
        MayBeUnset = true,
    };

    public static readonly ConfigKey LndDirectory = new(
        "lnd", "lnddir", "~/.lnd", "LND's directory: certificate and macaroon are found there", ConfigReaders.FilePath);

    public static readonly ConfigKey Network = new(
        "lnd", "network", "", "the network LND must be on; any where this is not set",
        ConfigReaders.Choice("mainnet", "testnet", "testnet4", "signet", "simnet", "regtest"))
    {
        MayBeUnset = true,
    };

    public static readonly ConfigKey Certificate = new(
        "lnd", "tlscert", "~/.lnd/tls.cert", "LND's certificate: exactly this one is trusted", ConfigReaders.FilePath);

    public static readonly ConfigKey Macaroon = new(
        "lnd", "macaroon", "~/.eddy/eddy.macaroon", "the macaroon that 'eddy macaroon' tells how to bake", ConfigReaders.FilePath);

    public static readonly ConfigKey DataDirectory = new(
        "eddy", "datadir", "~/.eddy", "where rings, waivers and the API's token are kept", ConfigReaders.FilePath);

    public static readonly ConfigKey Listen = new(
        "eddy", "listen", "127.0.0.1:8735", "loopback address:port of the API that these commands use", ConfigReaders.Loopback);

    public static readonly ConfigKey LogLevel = new(
        "eddy", "loglevel", "info", "trace, debug, info, warn or error", ConfigReaders.Choice("trace", "debug", "info", "warn", "error"));

    public static readonly ConfigKey LogFormat = new(
        "eddy", "logformat", "plain", "plain, json (one object per line), or journald (priorities, no time)", ConfigReaders.Choice("plain", "json", "journald"));

    public static readonly ConfigKey Metrics = new(
        "eddy", "metrics", "token", "token, or open: any program of this machine may read the page /metrics of the API", ConfigReaders.Choice("token", "open"));

    public static readonly ConfigKey Mode = new(
        "eddy", "mode", "observe", "observe: see what others offer and take part in nothing, until you say active", ConfigReaders.Choice("active", "observe"));

    public static readonly ConfigKey Guard = new(
        "eddy", "guard", "on", "on, or off: nothing ends a daemon that froze, and LND forwards nothing meanwhile", ConfigReaders.Choice("on", "off"));

    public static readonly ConfigKey GuardTimeout = new(
        "eddy", "guardtimeout", "1500ms", "a daemon that froze is ended within this time; too short, and a busy machine's is too",
        ConfigReaders.Duration(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(1)));

    public static readonly ConfigKey StopTimeout = new(
        "eddy", "stoptimeout", "15s", "how long rings under way may take to end when eddy is told to stop; a second signal ends at once",
        ConfigReaders.Duration(TimeSpan.Zero, TimeSpan.FromMinutes(5)));

    public static readonly ConfigKey Backups = new(
        "eddy", "backups", "7", "copies of the database that are kept in datadir/backups; 0 for none", ConfigReaders.Count(0, 1_000));

    public static readonly ConfigKey BackupInterval = new(
        "eddy", "backupinterval", "24h", "time between two copies of the database",
        ConfigReaders.Duration(TimeSpan.FromMinutes(1), TimeSpan.FromHours(720)));

    public static readonly ConfigKey Target = new(
        "rings", "target", "0.5", "share of a channel's capacity that is wanted on our side", ConfigReaders.Share(0.01, 0.99));

    public static readonly ConfigKey Deadband = new(
        "rings", "deadband", "0.1", "half the width of the band round the target in which a balance counts as good", ConfigReaders.Share(0, 0.5));

    public static readonly ConfigKey MinAmount = new(
        "rings", "minamount", "50000", "sat: the least a ring may move", ConfigReaders.Satoshi(1));

    public static readonly ConfigKey MaxAmount = new(
        "rings", "maxamount", "5000000", "sat: the most a ring may move", ConfigReaders.Satoshi(1));

    public static readonly ConfigKey MaxLength = new(
        "rings", "maxlength", "6", "nodes in the longest ring, 3 to 12", ConfigReaders.Count(3, 12));

    public static readonly ConfigKey Interval = new(
        "rings", "interval", "30s", "time between searches for a ring",
        ConfigReaders.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24)));

    public static readonly ConfigKey Consent = new(
        "rings", "consent", "normal", "normal, or strict: take part only in rings that bring both own ends nearer their targets",
        ConfigReaders.Choice("normal", "strict"));

    public static readonly ConfigKey Parallel = new(
        "rings", "parallel", "together", "channels with one peer count together, as LND uses them, or each by itself",
        ConfigReaders.Choice("together", "each"));

    public static readonly ConfigKey Allow = new(
        "policy", "allow", "", "public keys (commas, file://PATH): only with these; with everybody where empty", ConfigReaders.Nodes);

    public static readonly ConfigKey Deny = new(
        "policy", "deny", "", "public keys (commas, file://PATH): never with these", ConfigReaders.Nodes);

    public static readonly ConfigKey MaxInFlight = new(
        "policy", "maxinflight", "1", "own rings under way at one time", ConfigReaders.Count(1, 100));

    public static readonly ConfigKey MaxPerDay = new(
        "policy", "maxperday", "10000000", "sat moved in a day; 0 for no limit", ConfigReaders.Satoshi());

    public static readonly ConfigKey MaxPerPeerPerDay = new(
        "policy", "maxperpeerperday", "5000000", "sat moved in a day with one peer; 0 for no limit", ConfigReaders.Satoshi());

    public static readonly ConfigKey MaxWaivedFeePerDay = new(
        "policy", "maxwaivedfeeperday", "5000", "sat of fees waived in a day; 0 for no limit", ConfigReaders.Satoshi());

    public static readonly ConfigKey InterceptorListen = new(
        "interceptor", "listen", "", "loopback address:port at which other programs find an HtlcInterceptor of eddy's own, like 127.0.0.1:10010; none where this is not set", ConfigReaders.Loopback)
    {
        MayBeUnset = true,
    };

    public static readonly ConfigKey InterceptorPatience = new(
        "interceptor", "patience", "5s", "how long they may take to answer, then an HTLC is resumed; more for one that holds HTLCs on purpose",
        ConfigReaders.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24)));

    public static readonly ConfigKey Otlp = new(
        "telemetry", "otlp", "", "URL of an OpenTelemetry collector, like http://127.0.0.1:4317; nothing is sent where this is not set", ConfigReaders.HttpUrl)
    {
        MayBeUnset = true,
    };

    public static readonly ConfigKey OtlpProtocol = new(
        "telemetry", "protocol", "grpc", "grpc, or http: OTLP over HTTP, usually at port 4318", ConfigReaders.Choice("grpc", "http"));

    public static readonly ConfigKey OtlpInterval = new(
        "telemetry", "interval", "60s", "time between two exports of the measures",
        ConfigReaders.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));

    public static readonly ConfigKey LndSpans = new(
        "telemetry", "lndspans", "off", "on: a trace for each call to LND as well", ConfigReaders.Choice("on", "off"));

    public static readonly ImmutableArray<ConfigKey> All =
    [
        LndHost, Proxy, LndDirectory, Network, Certificate, Macaroon,
        DataDirectory, Listen, LogLevel, LogFormat, Metrics, Mode, Guard, GuardTimeout, StopTimeout, Backups, BackupInterval,
        Target, Deadband, MinAmount, MaxAmount, MaxLength, Interval, Consent, Parallel,
        Allow, Deny, MaxInFlight, MaxPerDay, MaxPerPeerPerDay, MaxWaivedFeePerDay,
        InterceptorListen, InterceptorPatience,
        Otlp, OtlpProtocol, OtlpInterval, LndSpans,
    ];

    /// <summary>Keys of <c>[channel SCID]</c>; the section's name in them is the family's.</summary>
    public static readonly ImmutableArray<ConfigKey> PerChannel = PerLink(ChannelSection);

    /// <summary>Keys of <c>[peer PUBKEY]</c>: for all channels with that peer that say nothing themselves.</summary>
    public static readonly ImmutableArray<ConfigKey> PerPeer = PerLink(PeerSection);

    private static ImmutableArray<ConfigKey> PerLink(string section) =>
    [
        new(section, "target", "", Target.Help, Target.Read),
        new(section, "deadband", "", Deadband.Help, Deadband.Read),
        new(section, "exclude", "", "true keeps it out of every ring", ConfigReaders.Flag),
    ];
}
