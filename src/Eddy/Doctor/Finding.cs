using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Eddy.Doctor;

/// <summary>How bad it is.</summary>
internal enum Health
{
    Ok,

    /// <summary>Eddy runs, with less than it could have.</summary>
    Warn,

    /// <summary>Eddy does not run.</summary>
    Fail,
}

/// <summary>What came of one check.</summary>
/// <param name="Check">Its name: one word.</param>
/// <param name="What">What was found, a sentence.</param>
/// <param name="Advice">What to do about it; empty where there is nothing to do.</param>
/// <param name="ExitCode">Of the process, if this is the worst.</param>
internal sealed record Finding(string Check, Health Health, string What, string Advice = "", int ExitCode = Eddy.ExitCode.Done)
{
    public static Finding Ok(string check, string what) => new(check, Health.Ok, what);

    public static Finding Warn(string check, string what, string advice) => new(check, Health.Warn, what, advice);

    public static Finding Fail(string check, string what, string advice, int exitCode) => new(check, Health.Fail, what, advice, exitCode);
}

/// <param name="Worst"><c>ok</c>, <c>warn</c> or <c>fail</c>.</param>
internal sealed record DoctorReport(string Worst, ImmutableArray<FindingReport> Findings)
{
    public static DoctorReport From(IReadOnlyCollection<Finding> findings) => new(
        Word(findings.Max(finding => finding.Health)),
        [.. findings.Select(finding => new FindingReport(finding.Check, Word(finding.Health), finding.What, finding.Advice))]);

    public static string Word(Health health) => health switch
    {
        Health.Ok => "ok",
        Health.Warn => "warn",
        _ => "fail",
    };
}

internal sealed record FindingReport(string Check, string Level, string What, string Advice);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;
