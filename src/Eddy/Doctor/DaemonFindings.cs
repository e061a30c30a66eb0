using System.Net;
using System.Net.Sockets;
using Eddy.Api;
using Eddy.CommandLine;
using Eddy.Configuration;
using Eddy.Lnd.Access;

namespace Eddy.Doctor;

/// <summary>The daemon itself, as it answers; or its place, where it does not run.</summary>
internal static class DaemonFindings
{
    /// <summary>Programs that are known to take LND's one interceptor place.</summary>
    private static readonly string[] Interceptors = ["circuitbreaker", "lspd", "electronwall", "lightning-firewall", "htlc-interceptor", "boltgate", "eddy"];

    private const int LongestCommandName = 15;

    /// <returns>What it says of itself; null where none runs.</returns>
    public static async Task<StatusReport?> FindAsync(EddyConfig config, LndSurveyReport? lnd, List<Finding> findings, CancellationToken cancellationToken)
    {
        try
        {
            using var daemon = DaemonClient.Open(config);
            var status = await daemon.GetAsync("v1/status", ApiJson.Default.StatusReport, cancellationToken);
            findings.AddRange(Running(status, config, lnd));
            return status;
        }
        catch (CommandException e) when (e.ExitCode == ExitCode.Unreachable && IsFree(config.Listen))
        {
            findings.Add(Finding.Warn("daemon", "It does not run.", "'eddy run', or 'systemctl start eddy'."));
            findings.Add(Finding.Ok("port", $"{config.Listen} is free."));
            findings.Add(Interceptor(null, config));
        }
        catch (CommandException e) when (e.ExitCode == ExitCode.Unreachable && !File.Exists(AccessToken.PathIn(config.DataDirectory)))
        {
            findings.Add(Finding.Fail("port", $"{config.Listen} is taken by another program, or not an address of this machine.", "Set eddy.listen to another port.", ExitCode.Failed));
        }
        catch (CommandException e)
        {
            findings.Add(Finding.Fail("daemon", $"Something listens at {config.Listen}: {e.Message}", "Where it is not this daemon, set eddy.listen to another port.", e.ExitCode));
        }

        return null;
    }

    /// <summary>Names of programs on this machine that may hold LND's interceptor.</summary>
    public static IReadOnlyList<string> Suspects(IEnumerable<string> programs) => [.. programs
        .Where(program => Interceptors.Any(name => program.Equals(name[..Math.Min(name.Length, LongestCommandName)], StringComparison.OrdinalIgnoreCase)))
        .Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<Finding> Running(StatusReport status, EddyConfig config, LndSurveyReport? lnd)
    {
        yield return status.Connected
            ? Finding.Ok("daemon", $"eddy {status.Version} runs in mode {status.Mode}{(status.Paused ? ", paused" : "")}, and is connected to LND.")
            : Finding.Fail("daemon", $"eddy {status.Version} runs without LND: {status.ConnectionReason}", "It goes on by itself when LND is back.", ExitCode.Unreachable);
        if (status.Node is { } node && lnd is not null && node.Pubkey != lnd.Node.Id.ToString())
        {
            yield return Finding.Fail("daemon", $"It runs beside {node.Alias}, and the configuration leads to {lnd.Node.Alias}.", "Restart it, or name the configuration that it runs with.", ExitCode.Usage);
        }

        yield return Interceptor(status, config);
        yield return status.EddyPeers > 0
            ? Finding.Ok("eddy peers", $"{status.EddyPeers} peers run eddy; {status.Adverts} adverts are known.")
            : Finding.Warn("eddy peers", "No connected peer runs eddy.", "Ask the nodes you have channels with; 'eddy peers' shows who answers.");
        yield return Guard(status);
    }

    private static Finding Interceptor(StatusReport? status, EddyConfig config)
    {
        var suspects = Suspects(ProgramsOfThisMachine());
        return status switch
        {
            null when config.IsObserving => Finding.Ok("interceptor", "Not wanted: eddy only watches."),
            null => suspects.Count == 0
                ? Finding.Ok("interceptor", "LND tells who holds it only to those who ask for it; nothing is known to run here that would.")
                : Finding.Warn("interceptor", $"{string.Join(", ", suspects)} runs here and may hold LND's one place for an interceptor.", "Let one of them go without, or eddy will only initiate rings."),
            { Interceptor: "up" } => Finding.Ok("interceptor", "eddy holds it: this node can be a member of rings."),
            { Mode: "observe" } => Finding.Ok("interceptor", "Not wanted: eddy only watches."),
            { Interceptor: "taken" } => Finding.Warn(
                "interceptor",
                $"Another program holds it, so that this node can only initiate rings.{(suspects.Count > 0 ? $" It may be {string.Join(", ", suspects)}." : "")}",
                "Stop it, or let it go without the interceptor; LND has one place."),
            _ => Finding.Warn("interceptor", $"It is down: {status.InterceptorReason}", "eddy asks for it again by itself."),
        };
    }

    private static Finding Guard(StatusReport status)
    {
        var kill = status.Guard.LastKillAt is { } at ? $" It last killed one on {at.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {status.Guard.LastKillReason}" : "";
        return status.Guard.State == "running"
            ? Finding.Ok("guard", $"It ends a frozen daemon within {status.Guard.TimeoutMs} ms; the longest silence was {status.Guard.LongestSilenceMs} ms.{kill}")
            : status.Mode == "observe" ? Finding.Ok("guard", $"None is needed: eddy only watches.{kill}")
            : Finding.Warn("guard", $"There is none: {status.Guard.Reason}", "See 'eddy help guard'.");
    }

    private static bool IsFree(IPEndPoint address)
    {
        try
        {
            using var listener = new TcpListener(address);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static IEnumerable<string> ProgramsOfThisMachine()
    {
        if (!Directory.Exists("/proc/self"))
        {
            yield break;
        }

        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0]) && Path.GetFileName(path) != $"{Environment.ProcessId}"))
        {
            var name = "";
            try
            {
                name = File.ReadAllText(Path.Combine(process, "comm")).Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }

            yield return name;
        }
    }
}
