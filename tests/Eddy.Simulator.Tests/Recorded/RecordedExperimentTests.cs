namespace Eddy.Simulator.Tests.Recorded;

/// <summary>What real LND 0.20.3 did, done again to simulated nodes over their gRPC API.</summary>
public sealed class RecordedExperimentTests0203
{
    public static TheoryData<string> Experiments => ReplayedExperiments.In("lnd");

    [Theory]
    [MemberData(nameof(Experiments))]
    public Task A_recorded_experiment_goes_as_it_went(string name) => ReplayedExperiments.CheckAsync("lnd", name, LndVersion.V0203);
}

/// <summary>Further experiments with LND 0.20.3: inbound fees, time locks.</summary>
public sealed class RecordedExperimentTestsExtra
{
    [Theory]
    [InlineData("x1_positive_inbound")]
    [InlineData("probe_defaults_ring")]
    public Task A_recorded_experiment_goes_as_it_went(string name) => ReplayedExperiments.CheckAsync("lnd-extra", name, LndVersion.V0203);
}

/// <summary>The same on LND 0.18.5.</summary>
public sealed class RecordedExperimentTests0185
{
    public static TheoryData<string> Experiments => ReplayedExperiments.In("lnd-0.18.5");

    [Theory]
    [MemberData(nameof(Experiments))]
    public Task A_recorded_experiment_goes_as_it_went(string name) => ReplayedExperiments.CheckAsync("lnd-0.18.5", name, LndVersion.V0185);
}

/// <summary>The same on LND 0.21.2.</summary>
public sealed class RecordedExperimentTests0212
{
    public static TheoryData<string> Experiments => ReplayedExperiments.In("lnd-0.21.2");

    [Theory]
    [MemberData(nameof(Experiments))]
    public Task A_recorded_experiment_goes_as_it_went(string name) => ReplayedExperiments.CheckAsync("lnd-0.21.2", name, LndVersion.V0212);
}

internal static class ReplayedExperiments
{
    // docs/simulator.md says why these are not replayed.
    private static readonly string[] NotReplayed =
    [
        "g5_frozen_client", "g6_downstream_flap", "measurements", "mac1_permissions", "s1_freeze_default_flags",
        "s2_freeze_ping_5s_2s", "s2b_freeze_ping_100ms_1s", "s3_sigkill_after_2s", "s4_ss_K_after_2s", "cm6_order_seq", "cm8_latency",
        "cm9_slow_subscriber", "cm7_throughput_1000B_c64", "cm7_throughput_100B_c128", "cm7_throughput_100B_c16", "cm7_throughput_32000B_c32",
        "cm7_throughput_65000B_c16",
    ];

    public static TheoryData<string> In(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Vectors", folder), "*.json")
            .Select(path => Path.GetFileNameWithoutExtension(path)!)
            .Where(name => !NotReplayed.Contains(name))
            .Order(StringComparer.Ordinal)];

    public static async Task CheckAsync(string folder, string name, LndVersion version)
    {
        var experiment = RecordedExperiment.Load($"{folder}/{name}");
        Assert.Equal(version.ToString(), experiment.Lnd);
        var differences = await ExperimentReplay.RunAsync(experiment, version, ReplayHints.For(name, version), KnownNodes(folder));
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    /// <summary>Whose keys are whose, from the ring of the same network.</summary>
    private static Dictionary<string, char> KnownNodes(string folder)
    {
        if (!RecordedExperiment.Exists($"{folder}/d1_in_raised_exact"))
        {
            return [];
        }

        var ring = RecordedExperiment.Load($"{folder}/d1_in_raised_exact").Calls("SendToRouteV2").First();
        var hops = ring.GetProperty("request").GetProperty("route").GetProperty("hops").EnumerateArray();
        return hops.Zip("BCDA").ToDictionary(pair => pair.First.GetProperty("pub_key").GetString()!, pair => pair.Second);
    }
}
