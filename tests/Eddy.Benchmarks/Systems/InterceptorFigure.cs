using System.Globalization;
using Eddy.Benchmarks.Measuring;
using Eddy.Engine.Forwarding;

namespace Eddy.Benchmarks.Systems;

/// <summary>Ordinary payments over a routing node at a fixed rate, with nobody at its interceptor and then with a daemon.</summary>
internal static class InterceptorFigure
{
    private const int StandardSeconds = 10;
    private const int StandardRate = 1_000;
    private const double MostMicroseconds = 50;

    public static async Task RunAsync(Arguments arguments)
    {
        var seconds = arguments.Take("seconds", StandardSeconds);
        var rate = arguments.Take("rate", StandardRate);
        var hasDownstream = arguments.Take("downstream") is not null;
        arguments.End();

        await using var stream = await PaymentStream.StartAsync();
        Console.Error.WriteLine("without a daemon ...");
        await stream.RunAsync(rate, TimeSpan.FromSeconds(1));
        var without = await stream.RunAsync(rate, TimeSpan.FromSeconds(seconds));

        Console.Error.WriteLine("with a daemon ...");
        var lnd = stream.Site.Lnds[0];
        var directory = stream.Site.DirectoryOf(lnd.Node, "eddy");
        await using var daemon = await HostedDaemon.StartAsync(lnd, directory, hasDownstream);
        await stream.RunAsync(rate, TimeSpan.FromSeconds(1));
        var with = await stream.RunAsync(rate, TimeSpan.FromSeconds(seconds));
        PaymentFigures? behind = null;
        if (hasDownstream)
        {
            Console.Error.WriteLine("with a client behind it ...");
            await using var client = await DownstreamLoad.StartAsync(daemon.EndpointAddress, directory);
            await stream.RunAsync(rate, TimeSpan.FromSeconds(1));
            behind = await stream.RunAsync(rate, TimeSpan.FromSeconds(seconds));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The client was asked about {client.Answered} payments."));
        }

        Write(without, with, behind, await daemon.GetGateAsync());
    }

    private static void Write(PaymentFigures without, PaymentFigures with, PaymentFigures? behind, GateStatistics gate)
    {
        var payments = new Table("ordinary payments over two hops", "settled", "failed", "offered per second", "median", "p99", "fee of each");
        payments.Add(Row("nobody intercepts", without));
        payments.Add(Row("a daemon intercepts", with));
        if (behind is not null)
        {
            payments.Add(Row("a daemon and one client behind it", behind));
        }

        payments.Write(Console.Out);

        var verdicts = new Table("", "", "must", "");
        verdicts.Add("verdicts: resumed, waived, left alone", $"{gate.Resumed}, {gate.Waived}, {gate.Silent}", "", "");
        verdicts.Add("verdict, median, at most", Table.Microseconds(gate.MedianMicroseconds), "", "");
        verdicts.Add(
            "verdict, p99, at most",
            Table.Microseconds(gate.P99Microseconds),
            Table.Microseconds(MostMicroseconds),
            Table.Verdict(gate.P99Microseconds, MostMicroseconds));
        verdicts.Add("added to a payment, median", Table.Milliseconds(with.Latency.Median - without.Latency.Median), "", "");
        verdicts.Add("added to a payment, p99", Table.Milliseconds(with.Latency.Percentile(0.99) - without.Latency.Percentile(0.99)), "", "");
        if (behind is not null)
        {
            verdicts.Add("added by the client, median", Table.Milliseconds(behind.Latency.Median - with.Latency.Median), "", "");
            verdicts.Add("added by the client, p99", Table.Milliseconds(behind.Latency.Percentile(0.99) - with.Latency.Percentile(0.99)), "", "");
        }

        verdicts.Add("fees", with.Fees == without.Fees ? "unchanged" : "**changed**", "unchanged", with.Fees == without.Fees ? "met" : "**missed**");
        verdicts.Add("load", Machine.Load.ToString("0.0", CultureInfo.InvariantCulture), "", "");
        verdicts.Write(Console.Out);
    }

    private static string[] Row(string name, PaymentFigures figures) =>
    [
        name,
        figures.Latency.Count.ToString(CultureInfo.InvariantCulture),
        figures.Failed.ToString(CultureInfo.InvariantCulture),
        figures.OfferedPerSecond.ToString("0", CultureInfo.InvariantCulture),
        Table.Milliseconds(figures.Latency.Median),
        Table.Milliseconds(figures.Latency.Percentile(0.99)),
        figures.Fees,
    ];
}
