using System.Diagnostics;
using System.Globalization;

namespace Eddy.Tests.Kills;

/// <summary>
/// The real daemon is killed with SIGKILL in the middle of rings and started again. A few times here; <c>EDDY_TEST_KILLS=500</c> makes it
/// that many: every failpoint from both sides, and between them random moments, over and over.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    /// <summary>A site is good for a few rings only: adverts of a daemon that comes and goes are listened to less and less.</summary>
    private const int KillsPerSite = 6;

    private const int LatestRandomKill = 1_500;
    private const int LatestKillInStart = 3_000;
    private const string KillsVariable = "EDDY_TEST_KILLS";
    private const string SeedVariable = "EDDY_SEED";

    [Fact]
    public async Task An_initiator_killed_around_its_payment_learns_what_became_of_it()
    {
        await using var site = await KillSite.StartAsync(VictimRole.Initiator, 1);
        foreach (var point in new[] { "after:commit:initiator.paying", "lnd:SendToRouteV2" })
        {
            var report = await site.RunAsync(new Kill(VictimRole.Initiator, point));
            Assert.NotNull(report);
        }
    }

    [Theory]
    [InlineData("after:binding")]
    [InlineData("after:commit:member.bound")]
    public async Task A_member_killed_around_its_waiver_ends_its_ring_as_lnd_has_it(string point)
    {
        await using var site = await KillSite.StartAsync(VictimRole.Member, 1);
        Assert.NotNull(await site.RunAsync(new Kill(VictimRole.Member, point)));
    }

    [Fact]
    public async Task Killed_anywhere_hundreds_of_times_no_ring_is_lost_or_doubled()
    {
        var wanted = Number(KillsVariable, 0);
        Assert.SkipWhen(wanted == 0, $"Takes long: {KillsVariable} says how many kills.");
        var seed = Number(SeedVariable, 1);
        var random = new Random(seed);
        var started = Stopwatch.GetTimestamp();
        var (kills, atRandom, settled, rings) = (0, 0, 0, 0);
        var byPoint = new SortedDictionary<string, int>(StringComparer.Ordinal);
        KillSite? site = null;
        try
        {
            for (var turn = 0; kills < wanted; turn++)
            {
                var kill = Next(turn, random);
                if (site is not null && (site.Role != kill.Role || site.Kills >= KillsPerSite || site.IsWorn))
                {
                    await site.DisposeAsync();
                    site = null;
                }

                site ??= await KillSite.StartAsync(kill.Role, (ulong)(seed + turn));
                var report = await site.RunAsync(kill);
                if (report is null)
                {
                    // Worn out: the same again elsewhere.
                    await site.DisposeAsync();
                    site = await KillSite.StartAsync(kill.Role, (ulong)(seed + turn));
                    report = await site.RunAsync(kill);
                    Assert.NotNull(report);
                }

                rings++;
                kills += report.Kills;
                settled += report.Settled;
                atRandom += kill.Delay is null ? 0 : report.Kills;
                var point = kill.Delay is null ? kill.ToString() : $"{kill.Role.ToString().ToLowerInvariant()} at random";
                byPoint[point] = byPoint.GetValueOrDefault(point) + report.Kills;
                TestContext.Current.SendDiagnosticMessage($"{kills} kills, {rings} rings, {settled} settled, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s: {kill}: {report}");
            }
        }
        finally
        {
            if (site is not null)
            {
                await site.DisposeAsync();
            }
        }

        output.WriteLine($"{kills} kills ({atRandom} at random moments) in {rings} rings, {settled} settled, {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        foreach (var (point, count) in byPoint)
        {
            output.WriteLine($"{count,5}  {point}");
        }
    }

    /// <summary>Every failpoint in turn, and after each two random moments: one in a ring and one in the start that follows.</summary>
    private static Kill Next(int turn, Random random)
    {
        if (turn % 2 == 0)
        {
            return Kill.Everywhere[turn / 2 % Kill.Everywhere.Count];
        }

        return new Kill(Kill.Everywhere[turn / 2 % Kill.Everywhere.Count].Role, $"after:{random.Next(LatestRandomKill)}", Restart: TimeSpan.FromMilliseconds(random.Next(LatestKillInStart)));
    }

    private static int Number(string variable, int standard) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : standard;
}
