using Eddy.Configuration;
using Eddy.Hosting;
using Eddy.Lnd.Access;
using Eddy.Setup;

namespace Eddy.Doctor;

/// <summary>LND: whether it answers and lets us in, how it is, and how it is configured.</summary>
internal static class LndFindings
{
    /// <summary>A peer that is no peer of ours at the moment is nothing unusual; most of them are.</summary>
    private const double MostAway = 0.5;

    /// <summary>The longest that LND should wait for a dead client, as the documents recommend it.</summary>
    private static readonly TimeSpan LongestPing = TimeSpan.FromSeconds(10);

    /// <returns>What LND says; null where it could not be asked.</returns>
    public static async Task<LndSurveyReport?> FindAsync(EddyConfig config, List<Finding> findings, CancellationToken cancellationToken)
    {
        var options = DaemonOptions.From(config).Lnd;
        var probe = await LndProbe.RunAsync(options, cancellationToken);
        findings.AddRange(probe.Problems.Select(problem => Finding.Fail(CheckOf(problem.Kind), problem.Message, problem.Remedy, problem.ExitCode)));
        var report = probe.IsGood ? await SurveyAsync(options, findings, cancellationToken) : null;
        if (report is not null)
        {
            findings.Add(Finding.Ok("lnd", $"{report.Node.Alias} answers at {options.Host}: LND {report.Node.Version} on {report.Node.Network}, height {report.Node.Height}."));
            findings.Add(report.IsSyncedToChain
                ? Finding.Ok("sync", report.IsSyncedToGraph ? "LND is synced to chain and graph." : "LND is synced to the chain; its graph is still being filled.")
                : Finding.Warn("sync", "LND is not synced to the chain: heights and channels are old.", "Wait for it, or look into LND's log and its chain backend."));
            findings.Add(probe.MissingOptionalMethods.IsEmpty
                ? Finding.Ok("rights", "The macaroon has all the rights that eddy needs.")
                : Finding.Warn("rights", $"The macaroon does not allow {string.Join(", ", probe.MissingOptionalMethods)}, which eddy can do without.", "Bake one that does with the line that 'eddy macaroon' prints."));
            findings.Add(Peers(report));
        }

        findings.AddRange(Conf(config, report));
        return report;
    }

    private static async Task<LndSurveyReport?> SurveyAsync(Lnd.LndOptions options, List<Finding> findings, CancellationToken cancellationToken)
    {
        var (report, problem) = await LndSurvey.RunAsync(options, cancellationToken);
        if (problem is not null)
        {
            findings.Add(Finding.Fail(CheckOf(problem.Kind), problem.Message, problem.Remedy, problem.ExitCode));
        }

        return report;
    }

    private static string CheckOf(LndProblemKind kind) => kind switch
    {
        LndProblemKind.CertificateMissing or LndProblemKind.CertificateUnreadable or LndProblemKind.CertificateExpired or LndProblemKind.CertificateMismatch => "certificate",
        LndProblemKind.MacaroonMissing or LndProblemKind.MacaroonUnreadable or LndProblemKind.MacaroonRefused => "macaroon",
        LndProblemKind.MissingRights => "rights",
        _ => "lnd",
    };

    private static Finding Peers(LndSurveyReport report)
    {
        var peers = report.Channels.Select(surveyed => surveyed.Channel.Peer).Distinct().ToArray();
        var away = peers.Count(peer => !report.Peers.Contains(peer));
        return peers.Length == 0 ? Finding.Warn("peers", "The node has no channels.", "Open some: rings go over channels.")
            : away > MostAway * peers.Length ? Finding.Warn("peers", $"{away} of the {peers.Length} nodes with which there are channels are not connected.", "Look at the network, Tor's too: 'lncli listpeers'.")
            : Finding.Ok("peers", $"{peers.Length - away} of the {peers.Length} nodes with which there are channels are connected.");
    }

    /// <summary>What stands in lnd.conf, where it can be found and read.</summary>
    private static IEnumerable<Finding> Conf(EddyConfig config, LndSurveyReport? report)
    {
        var conf = LndConf.Read(DirectoryOf(config));
        if (report?.RequiresInterceptor ?? conf.RequiresInterceptor)
        {
            yield return Finding.Warn("lnd.conf", "requireinterceptor is set: LND forwards nothing while eddy is away.", "Take it out of lnd.conf; eddy never needs it.");
        }

        if (!conf.Exists)
        {
            yield return Finding.Ok("lnd.conf", $"{conf.Path} is not there or not for this user to read; what it should hold is in 'eddy help lnd'.");
            yield break;
        }

        const string Lines = "Add to lnd.conf: grpc.server-ping-time=5s and grpc.server-ping-timeout=2s; then restart LND.";
        yield return conf.PingTime is null || conf.PingTimeout is null
            ? Finding.Warn("lnd.conf", "It does not bound for how long a frozen program can stop LND's forwarding.", Lines)
            : IsLong(conf.PingTime) || IsLong(conf.PingTimeout) ? Finding.Warn("lnd.conf", $"grpc.server-ping-time={conf.PingTime} and -timeout={conf.PingTimeout}: a frozen program can stop LND's forwarding for longer than need be.", Lines)
            : Finding.Ok("lnd.conf", $"grpc.server-ping-time={conf.PingTime}, grpc.server-ping-timeout={conf.PingTimeout}.");
    }

    private static bool IsLong(string duration) => !ConfigReaders.TryDuration(duration, out var span) || span > LongestPing;

    private static string DirectoryOf(EddyConfig config) =>
        config.OriginOf(ConfigKeys.LndDirectory) is ConfigOrigin.Default
            ? Path.GetDirectoryName(config.Certificate)!
            : (string)config.Values.Single(value => value.Key == ConfigKeys.LndDirectory).Value!;
}
