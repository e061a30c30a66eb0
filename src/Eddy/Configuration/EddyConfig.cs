using System.Collections.Immutable;
using System.Net;
using Eddy.Lightning;
using Eddy.Logging;
using Eddy.Telemetry;

namespace Eddy.Configuration;

/// <summary>What is set for one channel, or for all channels with one peer; null where nothing is.</summary>
internal sealed record LinkConfig(double? Target, double? Deadband, bool? IsExcluded);

/// <summary>The effective configuration: checked, typed, and with the origin of each value.</summary>
internal sealed class EddyConfig
{
    private readonly ImmutableDictionary<ConfigKey, ConfigValue> _values;

    public EddyConfig(
        string? file,
        ImmutableDictionary<ConfigKey, ConfigValue> values,
        ImmutableSortedDictionary<ShortChannelId, LinkConfig> channels,
        ImmutableSortedDictionary<NodeId, LinkConfig> peers,
        ImmutableArray<ConfigValue> links)
    {
        File = file;
        _values = values;
        Channels = channels;
        Peers = peers;
        Values = [.. ConfigKeys.All.Select(key => values[key]), .. links];
    }

    /// <summary>The file that was read; null where there is none.</summary>
    public string? File { get; }

    /// <summary>All values in the order of the keys, then those of single channels and peers.</summary>
    public ImmutableArray<ConfigValue> Values { get; }

    public ImmutableSortedDictionary<ShortChannelId, LinkConfig> Channels { get; }

    public ImmutableSortedDictionary<NodeId, LinkConfig> Peers { get; }

    public HostPort LndHost => Get<HostPort>(ConfigKeys.LndHost);

    /// <summary>Null: LND is reached without one.</summary>
    public HostPort? Proxy => _values[ConfigKeys.Proxy].Value as HostPort;

    /// <summary>Null: whichever LND is on.</summary>
    public string? Network => _values[ConfigKeys.Network].Value as string;

    public string Certificate => Get<string>(ConfigKeys.Certificate);

    public string Macaroon => Get<string>(ConfigKeys.Macaroon);

    public string DataDirectory => Get<string>(ConfigKeys.DataDirectory);

    public IPEndPoint Listen => Get<IPEndPoint>(ConfigKeys.Listen);

    public LogLevel LogLevel => Get<string>(ConfigKeys.LogLevel) switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Information,
    };

    public LogFormat LogFormat => Get<string>(ConfigKeys.LogFormat) switch
    {
        "json" => LogFormat.Json,
        "journald" => LogFormat.Journald,
        _ => LogFormat.Plain,
    };

    public bool IsMetricsOpen => Get<string>(ConfigKeys.Metrics) == "open";

    /// <summary>Null: LND's interceptor is eddy's alone.</summary>
    public IPEndPoint? InterceptorListen => _values[ConfigKeys.InterceptorListen].Value as IPEndPoint;

    public TimeSpan InterceptorPatience => Get<TimeSpan>(ConfigKeys.InterceptorPatience);

    /// <summary>Null: nothing is sent anywhere.</summary>
    public TelemetryOptions? Telemetry => _values[ConfigKeys.Otlp].Value is Uri endpoint
        ? new(endpoint, Get<string>(ConfigKeys.OtlpProtocol) == "grpc", Get<TimeSpan>(ConfigKeys.OtlpInterval), Get<string>(ConfigKeys.LndSpans) == "on")
        : null;

    public bool IsObserving => Get<string>(ConfigKeys.Mode) == "observe";

    public bool IsGuarded => Get<string>(ConfigKeys.Guard) == "on";

    public TimeSpan GuardTimeout => Get<TimeSpan>(ConfigKeys.GuardTimeout);

    public TimeSpan StopTimeout => Get<TimeSpan>(ConfigKeys.StopTimeout);

    public int Backups => Get<int>(ConfigKeys.Backups);

    public TimeSpan BackupInterval => Get<TimeSpan>(ConfigKeys.BackupInterval);

    public double Target => Get<double>(ConfigKeys.Target);

    public double Deadband => Get<double>(ConfigKeys.Deadband);

    public long MinAmountSat => Get<long>(ConfigKeys.MinAmount);

    public long MaxAmountSat => Get<long>(ConfigKeys.MaxAmount);

    public int MaxLength => Get<int>(ConfigKeys.MaxLength);

    public TimeSpan Interval => Get<TimeSpan>(ConfigKeys.Interval);

    public bool IsConsentStrict => Get<string>(ConfigKeys.Consent) == "strict";

    public bool IsPerChannel => Get<string>(ConfigKeys.Parallel) == "each";

    public ImmutableSortedSet<NodeId> Allow => Get<ImmutableSortedSet<NodeId>>(ConfigKeys.Allow);

    public ImmutableSortedSet<NodeId> Deny => Get<ImmutableSortedSet<NodeId>>(ConfigKeys.Deny);

    public int MaxInFlight => Get<int>(ConfigKeys.MaxInFlight);

    public long MaxPerDaySat => Get<long>(ConfigKeys.MaxPerDay);

    public long MaxPerPeerPerDaySat => Get<long>(ConfigKeys.MaxPerPeerPerDay);

    public long MaxWaivedFeePerDaySat => Get<long>(ConfigKeys.MaxWaivedFeePerDay);

    public ConfigOrigin OriginOf(ConfigKey key) => _values[key].Origin;

    // The loader puts a value of the reader's type in for every key, or reports a mistake and makes no configuration at all.
    private T Get<T>(ConfigKey key) => (T)_values[key].Value!;
}
