using System.Collections.Immutable;
using System.Net;
using Eddy.Configuration;
using Eddy.Engine;
using Eddy.Guarding;
using Eddy.Lnd;
using Eddy.Logging;
using Eddy.Reloading;

namespace Eddy.Hosting;

/// <summary>All that one daemon takes; several in one process share nothing.</summary>
internal sealed record DaemonOptions
{
    public required LndOptions Lnd { get; init; }

    public required EngineOptions Engine { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>Where the API listens; with port 0 on any that is free.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Where other programs find an interceptor of eddy's own; null for nowhere. With port 0 on any that is free.</summary>
    public IPEndPoint? InterceptorListen { get; init; }

    /// <summary>How long those may take to answer.</summary>
    public TimeSpan InterceptorPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><c>metrics=open</c>: every program of this machine may read the page for Prometheus.</summary>
    public bool IsMetricsOpen { get; init; }

    /// <summary>What is logged, for the operator to change.</summary>
    public LogLevels LogLevels { get; init; } = new(LogLevel.Information);

    /// <summary>Watches over the daemon; null where nobody does.</summary>
    public Guard? Guard { get; init; }

    /// <summary>Paused from the first step on, so that several daemons can begin together.</summary>
    public bool StartsPaused { get; init; }

    /// <summary>Copies of the database that are kept; with 0 none are made.</summary>
    public int Backups { get; init; }

    public TimeSpan BackupInterval { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long a daemon whose store failed stays aside at first; twice as long each time, up to a minute.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where the latest lines of the log are kept; the logger's provider, too.</summary>
    public LogTail Logs { get; init; } = new(TimeProvider.System);

    /// <summary>Reads the configuration again; null where there is none to be read.</summary>
    public ConfigReloader? Reloader { get; init; }

    /// <summary>What stands between the engine and its ports: nothing in <c>eddy</c> itself.</summary>
    public PortDecoration Ports { get; init; } = new();

    public static DaemonOptions From(EddyConfig config) => new()
    {
        Lnd = new LndOptions
        {
            Host = config.LndHost.ToString(),
            TlsCertPath = config.Certificate,
            MacaroonPath = config.Macaroon,
            Network = config.Network,
            Proxy = config.Proxy?.ToString(),
        },
        Engine = new EngineOptions
        {
            Rings = new RingOptions
            {
                Target = config.Target,
                Deadband = config.Deadband,
                MinAmountSat = config.MinAmountSat,
                MaxAmountSat = config.MaxAmountSat,
                MaxLength = config.MaxLength,
                Interval = config.Interval,
                IsStrict = config.IsConsentStrict,
                IsPerChannel = config.IsPerChannel,
            },
            Policy = new PolicyOptions
            {
                Allow = config.Allow,
                Deny = config.Deny,
                MaxInFlight = config.MaxInFlight,
                MaxPerDaySat = Limit(config.MaxPerDaySat),
                MaxPerPeerPerDaySat = Limit(config.MaxPerPeerPerDaySat),
                MaxWaivedFeePerDaySat = Limit(config.MaxWaivedFeePerDaySat),
            },
            Channels = config.Channels.ToImmutableSortedDictionary(channel => channel.Key, channel => ToOptions(channel.Value)),
            Peers = config.Peers.ToImmutableSortedDictionary(peer => peer.Key, peer => ToOptions(peer.Value)),
            IsObserving = config.IsObserving,
            Agent = $"eddy/{BuildVersion.Number}",
        },
        DataDirectory = config.DataDirectory,
        Backups = config.Backups,
        BackupInterval = config.BackupInterval,
        Listen = config.Listen,
        InterceptorListen = config.InterceptorListen,
        InterceptorPatience = config.InterceptorPatience,
        IsMetricsOpen = config.IsMetricsOpen,
    };

    private static TargetOptions ToOptions(LinkConfig link) => new() { Target = link.Target, Deadband = link.Deadband, IsExcluded = link.IsExcluded };

    /// <summary>0 stands for no limit in the file.</summary>
    private static long? Limit(long sat) => sat == 0 ? null : sat;
}
