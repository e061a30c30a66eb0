using System.Globalization;
using Eddy.Benchmarks.Measuring;

namespace Eddy.Benchmarks.Systems;

/// <summary>
/// From the step in which the proposer finds a ring to the one in which it sees it settled, by the daemon's own clock. Every node of the
/// ring has its gRPC API and a real daemon with its own SQLite file; all share this process.
/// </summary>
internal static class RingsFigure
{
    private const int StandardCount = 20;
    private const double AimPerHop = 50;
    private const double HighShare = 0.95;

    /// <summary>The proposal walks the ring, the HTLC goes round, the settlement comes back.</summary>
    private const int Rounds = 3;

    public static async Task RunAsync(Arguments arguments)
    {
        var count = arguments.Take("count", StandardCount);
        int[] sizes = [.. (arguments.Take("hops") ?? "4,8").Split(',').Select(static size => int.Parse(size, CultureInfo.InvariantCulture))];
        arguments.End();

        var totals = new Table("ring", "rings", "median", "p95", "fastest", "floor", "aim", "load", "");
        var phases = new Table("ring", "", "sign", "walk", "invoice", "payment", "check", "one member's turn", "HTLC let through");
        foreach (var size in sizes)
        {
            Console.Error.WriteLine($"rings of {size}: {count} of them ...");
            var times = await RunAsync(size, count);
            var latency = Site.NewNetwork().Options.LinkLatency.TotalMilliseconds;
            totals.Add(
                $"{size} hops",
                times.Total.Count.ToString(CultureInfo.InvariantCulture) + (times.Unsettled > 0 ? $" (+ {times.Unsettled} not settled)" : ""),
                Table.Milliseconds(times.Total.Median),
                Table.Milliseconds(times.Total.Percentile(HighShare)),
                Table.Milliseconds(times.Total.Min),
                Table.Milliseconds(Rounds * size * latency),
                Table.Milliseconds(AimPerHop * size),
                Machine.Load.ToString("0.0", CultureInfo.InvariantCulture),
                Table.Verdict(times.Total.Median, AimPerHop * size));
            foreach (var (name, share) in new[] { ("median", 0.5), ("p95", HighShare) })
            {
                Series[] parts = [.. times.Phases, times.MemberTurn, times.Passing];
                phases.Add([$"{size} hops", name, .. parts.Select(part => Table.Milliseconds(part.Percentile(share)))]);
            }
        }

        totals.Write(Console.Out);
        Console.WriteLine("Where the time goes:");
        Console.WriteLine();
        phases.Write(Console.Out);
    }

    private static async Task<RingTimes> RunAsync(int size, int count)
    {
        await using var circle = await RingCircle.StartAsync(size, count);
        var times = new RingTimes();

        // The first ring pays for everything that is compiled, connected and imported once.
        await circle.RunOneAsync(new());
        for (var i = 0; i < count; i++)
        {
            await circle.RunOneAsync(times);
        }

        return times;
    }
}
