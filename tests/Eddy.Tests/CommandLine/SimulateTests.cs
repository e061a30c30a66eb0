using System.Collections.Immutable;
using System.Text.Json;
using Eddy.CommandLine;
using Eddy.Simulate;
using Eddy.Simulator.Faults;

namespace Eddy.Tests.CommandLine;

public sealed class SimulateTests
{
    [Fact]
    public async Task Json_tells_runs_violations_rings_faults_and_seconds()
    {
        var (exitCode, output, error) = await RunAsync("simulate", "--faults", "message-lost,crash", "--runs", "3", "--seed", "7", "--nodes", "3-4", "--json");

        Assert.Equal((0, ""), (exitCode, error));
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        Assert.Equal(3, root.GetProperty("runs").GetInt32());
        Assert.Equal(0, root.GetProperty("violations").GetInt32());
        Assert.True(root.GetProperty("rings_settled").GetInt64() >= 0);
        Assert.True(root.GetProperty("rings_failed").GetInt64() >= 0);
        Assert.True(root.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(0, root.GetProperty("msat_lost").GetInt64());
        Assert.True(root.GetProperty("virtual_hours").GetDouble() > 0);
        Assert.Equal(["message-lost", "crash"], root.GetProperty("faults").EnumerateObject().Select(static fault => fault.Name));
    }

    [Fact]
    public async Task Without_a_terminal_the_tables_are_plain_text()
    {
        var (exitCode, output, error) = await RunAsync("simulate", "--faults", "all", "--runs", "2", "--nodes", "3");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("crash-after-saving", output, StringComparison.Ordinal);
        Assert.Contains("msat lost", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
    }

    [Theory]
    [InlineData("say what goes wrong: --faults all; or on which graph: --graph FILE")]
    [InlineData("there is no fault 'crush'; did you mean 'crash'?", "--faults", "crush")]
    [InlineData("--nodes is MIN-MAX, from 3 to 50", "--faults", "all", "--nodes", "2-4")]
    [InlineData("--nodes is MIN-MAX, from 3 to 50", "--faults", "all", "--nodes", "9-4")]
    [InlineData("--runs", "--faults", "all", "--runs", "0")]
    public async Task Wrong_usage_ends_with_2_and_says_what_is_wrong(string holds, params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync(["simulate", .. arguments]);

        Assert.Equal((ExitCode.Usage, ""), (exitCode, output));
        Assert.Contains(holds, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_violation_ends_with_1_and_names_the_seed_and_what_broke()
    {
        var options = new FaultSweepOptions { Runs = 1, Seed = 5, Run = new FaultRunOptions { MaxNodes = 3 } };
        var run = FaultRun.Run(options.Run with { Seed = 5, Only = [] }) with { Violation = new Violation("nobody-pays", 17, "node-1 has 5 msat less.") };
        var sweep = new FaultSweepResult(
            1, [run], 0, 1, 5, 17, TimeSpan.FromMinutes(1), ImmutableSortedDictionary<FaultKind, long>.Empty, run.Sizes, 0.1);
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = SimulateCommand.Report(options, sweep, new Output(new Terminal(output, error, false), false));

        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("seed 5: nobody-pays is broken: node-1 has 5 msat less.", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("EDDY_SEED=5", error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await new EddyCommands(new Terminal(output, error, false)).RunAsync(arguments);
        return (exitCode, output.ToString(), error.ToString());
    }
}
