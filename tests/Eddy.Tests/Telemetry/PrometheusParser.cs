using System.Globalization;
using System.Text.RegularExpressions;

namespace Eddy.Tests.Telemetry;

/// <summary>One line of a page.</summary>
internal sealed record Sample(string Name, string Labels, double Value);

/// <summary>Reads Prometheus' text format 0.0.4, and refuses what its rules or its habits do not allow.</summary>
internal sealed partial class PrometheusParser
{
    private readonly HashSet<string> _series = new(StringComparer.Ordinal);
    private string _family = "";
    private string _help = "";

    private PrometheusParser()
    {
    }

    public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

    public List<Sample> Samples { get; } = [];

    public static PrometheusParser Parse(string page)
    {
        Assert.EndsWith("\n", page, StringComparison.Ordinal);
        var parser = new PrometheusParser();
        foreach (var line in page.Split('\n')[..^1])
        {
            parser.Read(line);
        }

        parser.CheckHistograms();
        return parser;
    }

    public double Value(string name, string labels = "") => Samples.Single(sample => sample.Name == name && sample.Labels == labels).Value;

    public double Sum(string name, string holds = "") =>
        Samples.Where(sample => sample.Name == name && sample.Labels.Contains(holds, StringComparison.Ordinal)).Sum(static sample => sample.Value);

    private void Read(string line)
    {
        if (HelpLine().Match(line) is { Success: true } help)
        {
            _help = help.Groups[1].Value;
            Assert.False(Types.ContainsKey(_help), $"{_help} comes twice.");
        }
        else if (TypeLine().Match(line) is { Success: true } type)
        {
            _family = type.Groups[1].Value;
            Assert.Equal(_help, _family);
            Types.Add(_family, type.Groups[2].Value);
            Assert.Equal(type.Groups[2].Value == "counter", _family.EndsWith("_total", StringComparison.Ordinal));
        }
        else
        {
            ReadSample(line);
        }
    }

    private void ReadSample(string line)
    {
        var match = SampleLine().Match(line);
        Assert.True(match.Success, $"This is no sample: {line}");
        var (name, labels) = (match.Groups[1].Value, match.Groups[2].Value);
        string[] parts = Types[_family] == "histogram" ? ["_bucket", "_sum", "_count"] : [""];
        Assert.Contains(name, parts.Select(part => _family + part));
        Assert.True(_series.Add($"{name}{{{labels}}}"), $"{line} comes twice.");
        var rest = labels;
        while (rest.Length > 0)
        {
            var label = LabelPair().Match(rest);
            Assert.True(label.Success, $"These are no labels: {labels}");
            rest = rest[label.Length..];
        }

        var text = match.Groups[3].Value;
        Samples.Add(new(name, labels, text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(text, CultureInfo.InvariantCulture),
        }));
    }

    private void CheckHistograms()
    {
        foreach (var family in Types.Where(static type => type.Value == "histogram").Select(static type => type.Key))
        {
            foreach (var series in Samples.Where(sample => sample.Name == $"{family}_bucket").GroupBy(static sample => LastBound().Replace(sample.Labels, "")))
            {
                var counts = series.Select(static sample => sample.Value).ToArray();
                Assert.Equal(counts.Order(), counts);
                Assert.EndsWith("le=\"+Inf\"", series.Last().Labels, StringComparison.Ordinal);
                Assert.Equal(counts[^1], Value($"{family}_count", series.Key));
                Assert.True(Value($"{family}_sum", series.Key) >= 0);
            }
        }
    }

    [GeneratedRegex(@"^# HELP ([a-z_:][a-z0-9_:]*) \S.*$")]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^([a-z_:][a-z0-9_:]*)(?:\{(.+)\})? (-?[0-9.]+(?:E[+-]?[0-9]+)?|[+-]Inf|NaN)$")]
    private static partial Regex SampleLine();

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*=""(?:[^""\\]|\\[\\n""])*""(?:,(?=.)|$)")]
    private static partial Regex LabelPair();

    [GeneratedRegex(@",?le=""[^""]*""$")]
    private static partial Regex LastBound();
}
