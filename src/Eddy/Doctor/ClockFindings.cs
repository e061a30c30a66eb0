using Eddy.CommandLine;
using Eddy.Lnd.Access;

namespace Eddy.Doctor;

/// <summary>The clock: adverts and proposals end by it, and a certificate's validity begins by it.</summary>
internal static class ClockFindings
{
    /// <summary>A block's time may be this far ahead of the network's, by consensus; our clock is behind if it is further ahead still.</summary>
    private static readonly TimeSpan MostAhead = TimeSpan.FromHours(2);

    /// <summary>Once in some years mainnet finds no block for so long.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(3);

    /// <param name="lnd">Null where it could not be asked.</param>
    /// <param name="network">Blocks of test networks come when somebody makes them.</param>
    /// <param name="now">By this machine.</param>
    /// <param name="isSynchronized">By the system's own word; null where it says nothing.</param>
    public static IEnumerable<Finding> Find(LndSurveyReport? lnd, string? network, DateTimeOffset now, bool? isSynchronized)
    {
        if (lnd is not null && lnd.BestHeaderAt > now + MostAhead)
        {
            yield return Finding.Fail(
                "clock", $"The newest block is from {lnd.BestHeaderAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, and by this machine it is {now.UtcDateTime:yyyy-MM-dd HH:mm:ss}.", "Set the clock, and let NTP keep it.", ExitCode.Failed);
        }
        else if (lnd is not null && network == "mainnet" && lnd.IsSyncedToChain && now - lnd.BestHeaderAt > LongestWait)
        {
            yield return Finding.Warn(
                "clock", $"The newest block is {Show.Span(now - lnd.BestHeaderAt)} old by this machine's clock, and LND says that it is synced.", "Look whether the clock is right ('date -u') and LND's chain backend gets blocks.");
        }
        else if (lnd is not null)
        {
            yield return Finding.Ok("clock", $"It fits the newest block's time, {lnd.BestHeaderAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC.");
        }

        if (isSynchronized is { } synchronized)
        {
            yield return synchronized
                ? Finding.Ok("ntp", "The system's clock is kept by a time service.")
                : Finding.Warn("ntp", "By the system's own word nothing keeps its clock.", "Switch a time service on: 'timedatectl set-ntp true', or install chrony.");
        }
    }
}
