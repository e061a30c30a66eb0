using System.Text.Json;
using System.Text.Json.Serialization;
using Eddy.Simulator.Faults;

namespace Eddy.Simulate;

/// <summary>What <c>eddy simulate --faults --json</c> prints.</summary>
/// <param name="Faults">How often each kind happened.</param>
/// <param name="Seconds">Of real time.</param>
/// <param name="VirtualHours">Of the networks' own time, all runs together.</param>
/// <param name="Largest">The most that any engine held of each kind of thing.</param>
/// <param name="Seeds">Of the runs in which something broke.</param>
internal sealed record SimulateReport(
    int Runs,
    int Violations,
    long RingsSettled,
    long RingsFailed,
    IReadOnlyDictionary<string, long> Faults,
    double Seconds,
    long MsatLost,
    long Steps,
    double VirtualHours,
    IReadOnlyDictionary<string, int> Largest,
    IReadOnlyList<ulong> Seeds)
{
    public static SimulateReport From(FaultSweepResult sweep, IEnumerable<FaultKind> kinds) => new(
        sweep.Runs,
        sweep.Violations.Length,
        sweep.RingsSettled,
        sweep.RingsFailed,
        kinds.ToDictionary(FaultKinds.NameOf, kind => sweep.Faults.GetValueOrDefault(kind)),
        Math.Round(sweep.Seconds, 1),
        sweep.MsatLost,
        sweep.Steps,
        Math.Round(sweep.Virtual.TotalHours, 4),
        sweep.Sizes.ToDictionary(static size => JsonNamingPolicy.SnakeCaseLower.ConvertName(size.Key.ToString()), static size => size.Value),
        [.. sweep.Violations.Select(static run => run.Seed)]);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SimulateReport))]
internal sealed partial class SimulateJson : JsonSerializerContext;
