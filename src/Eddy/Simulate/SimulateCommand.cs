using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Eddy.CommandLine;
using Eddy.Configuration;
using Eddy.Simulator.Faults;

namespace Eddy.Simulate;

/// <summary>
/// <c>eddy simulate</c>: whole networks of daemons in virtual time. With <c>--faults</c>: everything goes wrong in them. With <c>--graph</c>:
/// on a channel graph, until nothing is left to do.
/// </summary>
internal static class SimulateCommand
{
    private const int MostRuns = 10_000_000;

    public static void AddTo(EddyCommands commands, Command root, Terminal terminal)
    {
        var faults = new Option<ImmutableSortedSet<FaultKind>>("--faults")
        {
            Description = $"What goes wrong: 'all', or some of {string.Join(", ", FaultKinds.All.Select(FaultKinds.NameOf))}",
            HelpName = "all|KIND,KIND",
            CustomParser = ReadKinds,
        };
        var runs = OperatorCommands.WholeNumber("--runs", 1, MostRuns, 200, "Networks to simulate, each with a seed of its own");
        var seed = OperatorCommands.WholeNumber("--seed", 0, int.MaxValue, 1, "Of the first run; the others follow it");
        var nodes = new Option<NodeRange>("--nodes")
        {
            Description = "Nodes of a network, drawn between the two",
            HelpName = "MIN-MAX",
            DefaultValueFactory = _ => new(FaultRunOptions.LeastNodes, FaultRunOptions.MostNodes),
            CustomParser = ReadNodes,
        };
        var network = new NetworkCommand();
        var command = new Command("simulate", "Simulate networks of daemons in virtual time: with --faults everything goes wrong, and after every step it is checked that nobody loses anything; with --graph on a channel graph, until nothing is left to do")
        {
            faults, runs, seed, nodes,
        };
        network.AddTo(command);
        var json = EddyCommands.AddJson(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(faults) is null == result.GetResult(network.Graph) is null)
            {
                result.AddError(result.GetResult(faults) is null
                    ? "say what goes wrong: --faults all; or on which graph: --graph FILE"
                    : "--faults draws its own networks and takes no --graph");
            }

            network.Validate(result);
        });
        commands.Add(root, command, (parse, cancellationToken) => Task.Run(
            () => parse.GetResult(network.Graph) is not null ? network.Run(parse, parse.GetValue(seed), new(terminal, parse.GetValue(json)), cancellationToken) : Run(
                new()
                {
                    Runs = parse.GetValue(runs),
                    Seed = (ulong)parse.GetValue(seed),
                    Run = new() { Kinds = parse.GetValue(faults)!, MinNodes = parse.GetValue(nodes)!.Min, MaxNodes = parse.GetValue(nodes)!.Max },
                },
                new(terminal, parse.GetValue(json)),
                cancellationToken),
            cancellationToken));
    }

    private static int Run(FaultSweepOptions options, Output output, CancellationToken cancellationToken)
    {
        var progress = output is { IsJson: false, Terminal.IsInteractive: true } ? new SimulateProgress(output.Terminal, options.Runs) : null;
        var sweep = FaultSweep.Run(options with { Progress = progress is null ? null : progress.Show }, cancellationToken);
        progress?.Clear();
        return Report(options, sweep, output);
    }

    /// <summary>Writes what came of it; the exit code says whether anything broke.</summary>
    internal static int Report(FaultSweepOptions options, FaultSweepResult sweep, Output output)
    {
        var report = SimulateReport.From(sweep, options.Run.Kinds);
        output.Write(report, SimulateJson.Default.SimulateReport, (terminal, _) => SimulateText.WriteTables(terminal, report));
        foreach (var failed in sweep.Violations)
        {
            output.Terminal.WriteError($"seed {failed.Seed}: {failed.Violation!.Invariant} is broken: {failed.Violation.What}");
        }

        if (sweep.Violations is [var first, ..])
        {
            foreach (var line in FaultShrinker.Describe(options.Run, first).Split(Environment.NewLine))
            {
                output.Terminal.Error.WriteLine(Terminal.Clean(line));
            }

            return ExitCode.Failed;
        }

        return ExitCode.Done;
    }

    private static ImmutableSortedSet<FaultKind>? ReadKinds(ArgumentResult argument)
    {
        var kinds = ImmutableSortedSet.CreateBuilder<FaultKind>();
        foreach (var name in argument.Tokens.SelectMany(static token => token.Value.Split(',')))
        {
            if (name == "all")
            {
                return FaultKinds.All;
            }

            if (FaultKinds.Find(name) is { } kind)
            {
                kinds.Add(kind);
                continue;
            }

            var nearest = NearestName.LikelyOf(name, FaultKinds.All.Select(FaultKinds.NameOf));
            argument.AddError($"there is no fault '{name}'" + (nearest is null ? "" : $"; did you mean '{nearest}'?"));
            return null;
        }

        return kinds.ToImmutable();
    }

    private static NodeRange? ReadNodes(ArgumentResult argument)
    {
        var parts = argument.Tokens[0].Value.Split('-');
        if (parts.Length is 1 or 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var min)
            && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var max)
            && min >= FaultRunOptions.LeastNodes && max <= FaultRunOptions.MostNodes && min <= max)
        {
            return new(min, max);
        }

        argument.AddError($"--nodes is MIN-MAX, from {FaultRunOptions.LeastNodes} to {FaultRunOptions.MostNodes}");
        return null;
    }

    private sealed record NodeRange(int Min, int Max)
    {
        public override string ToString() => $"{Min}-{Max}";
    }
}
