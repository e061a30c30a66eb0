using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using Eddy.CommandLine;
using Eddy.Lightning;
using Eddy.Simulator;
using Eddy.Simulator.Optimum;
using Eddy.Simulator.Rounds;

namespace Eddy.Simulate;

/// <summary><c>eddy simulate --graph</c>: how much of what could be moved in circles do daemons reach on a given channel graph.</summary>
internal sealed class NetworkCommand
{
    private const int MostPayments = 1_000_000;
    private const int LongestLatencyMs = 10_000;

    private readonly Option<string?> _balances = new("--balances") { Description = "Balances for --graph: lines of channel_id,capacity,node1_local_sat; drawn from the seed without", HelpName = "FILE" };
    private readonly Option<string?> _consent = new("--consent") { Description = "strict: nothing moves away from its target; deadband: it may within the band (default)", HelpName = "strict|deadband" };
    private readonly Option<int> _length = OperatorCommands.WholeNumber("--max-length", 3, 12, 6, "Longest ring, in nodes");
    private readonly Option<string?> _participants = new("--participants") { Description = "Who runs eddy: a share of the nodes drawn at random or by capacity, or a file with a public key on each line", HelpName = "all|random:F|capacity:F|FILE" };
    private readonly Option<string?> _report = new("--report") { Description = "Write an HTML page with pictures", HelpName = "FILE" };
    private readonly Option<int> _latency = OperatorCommands.WholeNumber("--latency", 0, LongestLatencyMs, 100, "Milliseconds that a message to a peer takes on average");
    private readonly Option<double> _loss = new("--loss") { Description = "Share of the messages between peers that are lost, 0 to 0.5", HelpName = "SHARE", CustomParser = ReadLoss };
    private readonly Option<int> _payments = OperatorCommands.WholeNumber("--payments", 0, MostPayments, 0, "Payments of others in each round of 30 seconds");
    private readonly Option<int> _rounds = OperatorCommands.WholeNumber("--rounds", 1, 100_000, 1_000, "Stop after so many rounds at the latest");
    private readonly Option<bool> _limits = new("--limits") { Description = "Heed smallest and largest HTLCs, lock times and reserves of the channels" };
    private readonly Option<string?> _me = new("--me") { Description = "Your node: what would a pool with --with give you?", HelpName = "PUBKEY" };
    private readonly Option<string?> _with = new("--with") { Description = "The others of the pool", HelpName = "PUBKEY,PUBKEY" };

    public Option<string?> Graph { get; } = new("--graph") { Description = "Simulate daemons on this channel graph (output of 'lncli describegraph', gzipped or not)", HelpName = "FILE" };

    private IEnumerable<Option> Own => [_balances, _consent, _length, _participants, _report, _latency, _loss, _payments, _rounds, _limits, _me, _with];

    public void AddTo(Command command)
    {
        command.Options.Add(Graph);
        foreach (var option in Own)
        {
            command.Options.Add(option);
        }
    }

    public void Validate(CommandResult result)
    {
        if (result.GetResult(Graph) is null)
        {
            if (Own.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } alone)
            {
                result.AddError($"{alone.Name} goes with --graph");
            }

            return;
        }

        if (result.GetValue(_consent) is not (null or "strict" or "deadband"))
        {
            result.AddError("--consent is strict or deadband");
        }

        if (result.GetResult(_me) is null != result.GetResult(_with) is null)
        {
            result.AddError("--me and --with go together");
        }
        else if (result.GetResult(_me) is not null && (result.GetResult(_participants) ?? result.GetResult(_report)) is { } other)
        {
            result.AddError($"{other.Option.Name} does not go with --me");
        }
    }

    public int Run(ParseResult parse, int seed, Output output, CancellationToken cancellationToken)
    {
        var options = new RoundOptions
        {
            Seed = (ulong)seed,
            IsStrict = parse.GetValue(_consent) == "strict",
            MaxLength = parse.GetValue(_length),
            KeepsLimits = parse.GetValue(_limits) || parse.GetValue(_me) is not null,
            Latency = TimeSpan.FromMilliseconds(parse.GetValue(_latency)),
            Loss = parse.GetValue(_loss),
            Payments = parse.GetValue(_payments),
            MaxRounds = parse.GetValue(_rounds),
        };
        try
        {
            return parse.GetValue(_me) is { } me
                ? RunPool(parse, me, options, output, cancellationToken)
                : RunNetwork(parse, options, output, cancellationToken);
        }
        catch (GraphFileException e)
        {
            throw new CommandException(ExitCode.Usage, e.Message);
        }
        catch (UnknownNodeException e)
        {
            throw new CommandException(ExitCode.NotFound, e.Message);
        }
    }

    private int RunNetwork(ParseResult parse, RoundOptions options, Output output, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var participants = Participants.Parse(parse.GetValue(_participants) ?? "all");
        var all = ChannelGraph.Read(parse.GetValue(Graph)!, parse.GetValue(_balances), options.Seed);
        var graph = all.Among(participants.Choose(all, options.Seed));
        var optimum = MaximumCirculation.Find(graph.Nodes.Length, DemandArcs.PerPair(graph.Balanced(), options.Deadband)).Worth;
        var progress = output is { IsJson: false, Terminal.IsInteractive: true } ? new NetworkProgress(output.Terminal, optimum) : null;
        var result = new RoundNetwork(graph, options with { Progress = progress is null ? null : progress.Show }).Run(cancellationToken);
        progress?.Clear();
        var report = NetworkReport.From(result, optimum, watch.Elapsed, Process.GetCurrentProcess().PeakWorkingSet64);
        if (parse.GetValue(_report) is { } page)
        {
            WritePage(page, NetworkPage.Create(report, result, graph));
        }

        return output.Write(report, NetworkJson.Default.NetworkReport, (terminal, _) => NetworkText.WriteTable(terminal, report, result, graph));
    }

    private int RunPool(ParseResult parse, string me, RoundOptions options, Output output, CancellationToken cancellationToken)
    {
        var own = ReadKey(me, "--me");
        ImmutableArray<NodeId> others = [.. parse.GetValue(_with)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(static key => ReadKey(key, "--with"))];
        var hasBalances = parse.GetValue(_balances) is not null;
        var graph = ChannelGraph.Read(parse.GetValue(Graph)!, parse.GetValue(_balances), options.Seed);
        var pool = PoolEstimate.Of(graph, own, others, options, hasBalances ? 1 : PoolEstimate.StandardDraws, cancellationToken);
        return output.Write(PoolMapping.From(pool), NetworkJson.Default.PoolReport, NetworkText.WritePool);
    }

    private static NodeId ReadKey(string text, string option) => NodeId.TryParse(text, out var id)
        ? id
        : throw new CommandException(ExitCode.Usage, $"{option}: '{text}' is not a node's public key (66 hexadecimal digits)");

    private static void WritePage(string path, string page)
    {
        try
        {
            File.WriteAllText(path, page);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(ExitCode.Usage, $"'{path}' cannot be written: {e.Message}");
        }
    }

    private static double ReadLoss(ArgumentResult argument)
    {
        var text = argument.Tokens.Count > 0 ? argument.Tokens[^1].Value : "";
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 0.5)
        {
            return share;
        }

        argument.AddError($"--loss takes a share from 0 to 0.5, not '{text}'");
        return 0;
    }
}
