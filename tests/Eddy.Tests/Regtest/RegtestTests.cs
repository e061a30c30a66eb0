using System.Diagnostics;

namespace Eddy.Tests.Regtest;

/// <summary>
/// The scenarios of <c>regtest/ring</c>: real LND nodes with real daemons beside them. Only where they are asked for with EDDY_REGTEST=1 and there is an LND;
/// EDDY_REGTEST=simulator runs the same scripts against simulated ones.
/// </summary>
[Collection(nameof(RegtestTests))]
public sealed class RegtestTests
{
    private const string Variable = "EDDY_REGTEST";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    [Theory]
    [InlineData("ring", "3")]
    [InlineData("ring", "4")]
    [InlineData("ring", "6")]
    [InlineData("refusing", "4")]
    [InlineData("daemonless", "4")]
    [InlineData("restart-lnd", "4")]
    [InlineData("restart-eddy", "4")]
    public async Task A_scenario_ends_well(string name, string nodes)
    {
        var wanted = Environment.GetEnvironmentVariable(Variable) ?? "";
        Assert.SkipUnless(wanted.Length > 0, $"{Variable}=1 runs this with LND nodes on regtest, {Variable}=simulator with simulated ones.");
        var environment = new Dictionary<string, string> { ["EDDY"] = Path.Combine(AppContext.BaseDirectory, "eddy") };
        if (wanted == "simulator")
        {
            environment["BACKEND"] = wanted;
        }

        var backend = await RunAsync(environment, "backend");
        Assert.SkipUnless(backend.ExitCode == 0, backend.Output.Trim());
        using var state = new TemporaryDirectory();
        environment["REGTEST_DIR"] = state.File("regtest");
        var result = await RunAsync(environment, "scenario", name, nodes);

        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Contains($"scenario {name} with {nodes} nodes: well", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "regtest/ring scenario", "")]
    [InlineData(2, "there is no scenario 'nonsense'", "scenario nonsense")]
    [InlineData(2, "3 to 6 nodes, not '7'", "up 7")]
    [InlineData(2, "not 'sideways'", "up 4")]
    [InlineData(3, "nothing runs: regtest/ring up", "wait")]
    public async Task Wrong_usage_is_said(int exitCode, string says, string arguments)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash here.");
        using var state = new TemporaryDirectory();
        var environment = new Dictionary<string, string> { ["REGTEST_DIR"] = state.File("regtest"), ["BACKEND"] = "sideways" };
        var result = await RunAsync(environment, arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(says, result.Output, StringComparison.Ordinal);
    }

    private static async Task<ProcessResult> RunAsync(Dictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", "exec \"$@\" 2>&1", "bash", Repository.PathOf("regtest", "ring"), .. arguments]) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Longest);
            return new(process.ExitCode, await output, "");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}

/// <summary>One scenario at a time: they share ports.</summary>
[CollectionDefinition(nameof(RegtestTests), DisableParallelization = true)]
public sealed class RegtestCollection;
