using System.CommandLine;
using Eddy.CommandLine;
using Eddy.Hosting;
using Eddy.Simulator;

namespace Eddy.Demo;

/// <summary><c>eddy demo</c>: simulated nodes, real daemons, and rings that settle.</summary>
internal static class DemoCommand
{
    public static void AddTo(EddyCommands commands, Command root, ConfigFlags flags, Terminal terminal)
    {
        var nodes = OperatorCommands.WholeNumber(
            "--nodes", DemoOptions.LeastNodes, DemoOptions.MostNodes, DemoOptions.StandardNodes, "Nodes, 3 to 12; also the longest ring");
        var seed = OperatorCommands.WholeNumber("--seed", 0, int.MaxValue, 1, "Same seed, same channels, hops and amounts");
        var graph = new Option<string?>("--graph") { Description = "Take a part of this graph that holds a ring (output of 'lncli describegraph', gzipped or not)", HelpName = "FILE" };
        var balances = new Option<string?>("--balances") { Description = "Balances for --graph: lines of channel_id,capacity,node1_local_sat", HelpName = "FILE" };
        var keep = new Option<string?>("--keep") { Description = "Keep simulated LNDs running, with their directories in DIR, for an eddy of your own to be run beside one", HelpName = "DIR" };
        var daemons = new Option<string>("--daemons") { Description = "With --keep, beside which nodes an eddy runs: others (all but one, which is yours), all or none", HelpName = "WHICH", DefaultValueFactory = _ => KeptNetwork.Others };
        daemons.AcceptOnlyFromAmong(KeptNetwork.Others, KeptNetwork.All, KeptNetwork.None);
        var control = new Option<bool>("--control") { Description = "With --keep: take 'kill NODE' and 'start NODE' from standard input, for the LND of that name", Hidden = true };
        var command = new Command("demo", "Watch daemons rebalance a simulated network for free; needs no node") { nodes, seed, graph, balances, keep, daemons, control };
        var json = EddyCommands.AddJson(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(balances) is not null && result.GetResult(graph) is null)
            {
                result.AddError("--balances goes with --graph");
            }
            else if (result.GetResult(keep) is null ? result.GetResult(daemons) is { Implicit: false } : result.GetResult(json) is not null || result.GetResult(graph) is not null)
            {
                result.AddError("--keep goes with --nodes, --seed and --daemons only, and --daemons with --keep; for programs there is DIR/network.json");
            }
        });
        commands.Add(root, command, (parse, cancellationToken) => parse.GetValue(keep) is { } directory
            ? KeptNetwork.RunAsync(
                new(Path.GetFullPath(directory), parse.GetValue(nodes), parse.GetValue(seed), parse.GetValue(daemons)!) { IsControlled = parse.GetValue(control) }, terminal, flags.LogLevelOf(parse), cancellationToken)
            : RunAsync(
                new(parse.GetValue(nodes), parse.GetValue(seed), parse.GetValue(graph), parse.GetValue(balances)),
                new(terminal, parse.GetValue(json)),
                flags.LogLevelOf(parse),
                cancellationToken));
    }

    private static async Task<int> RunAsync(DemoOptions options, Output output, LogLevel? logLevel, CancellationToken cancellationToken)
    {
        DemoPicture end;
        if (!output.IsJson && output.Terminal.IsInteractive)
        {
            output.Terminal.WriteLine($"Building {options.Nodes} simulated nodes, and a daemon beside each ...");
        }

        await using (var run = await StartAsync(options, output.Terminal, logLevel))
        {
            await FollowAsync(run, output, cancellationToken);
            end = await run.LookAsync(cancellationToken);
        }

        var report = DemoReport.From(end);
        output.Write(report, DemoJson.Default.DemoReport, (terminal, _) => DemoText.WriteTables(terminal, end));
        var sentence = DemoText.Sentence(end, report);
        if (!report.IsGood)
        {
            output.Terminal.WriteError(sentence);
            return ExitCode.Failed;
        }

        if (!output.IsJson)
        {
            output.Terminal.WriteLine(sentence);
        }

        return ExitCode.Done;
    }

    private static async Task<DemoRun> StartAsync(DemoOptions options, Terminal terminal, LogLevel? logLevel)
    {
        try
        {
            return await DemoRun.StartAsync(
                options, logLevel is { } level ? alias => LineLoggerProvider.CreateFactory(terminal.Error, level, alias) : null);
        }
        catch (GraphFileException e)
        {
            throw new CommandException(ExitCode.Usage, e.Message);
        }
    }

    private static async Task FollowAsync(DemoRun run, Output output, CancellationToken cancellationToken)
    {
        var work = run.RunAsync(cancellationToken);
        if (!output.IsJson && output.Terminal.IsInteractive)
        {
            await DemoScreen.ShowAsync(output.Terminal, run, work, cancellationToken);
        }
        else if (!output.IsJson)
        {
            await DemoText.FollowAsync(output.Terminal, run, work, cancellationToken);
        }

        await work;
    }
}
