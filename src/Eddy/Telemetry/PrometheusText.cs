using System.Globalization;
using System.Text;

namespace Eddy.Telemetry;

/// <summary>Writes Prometheus' text format 0.0.4.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new(16 * 1024);

    /// <summary>The instrument's name as Prometheus writes it: snake case, the unit in plural, <c>_total</c> for what only grows.</summary>
    public static string NameOf(string instrument, string? unit, bool isCounter)
    {
        var name = new StringBuilder(instrument.Length + 16);
        foreach (var character in instrument)
        {
            name.Append(char.IsAsciiLetterOrDigit(character) || character == '_' ? character : '_');
        }

        var suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            "{satoshi}" => "_satoshis",
            "{millisatoshi}" => "_millisatoshis",
            _ => "",
        };
        var text = name.ToString();
        text = text.EndsWith(suffix, StringComparison.Ordinal) ? text : text + suffix;
        return isCounter ? text + "_total" : text;
    }

    /// <summary>One label, its value escaped.</summary>
    public static string Label(string name, string value) =>
        $"{name.Replace('.', '_')}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";

    public PrometheusText Family(string name, string type, string help)
    {
        _text.Append("# HELP ").Append(name).Append(' ')
            .Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    /// <param name="labels">As <see cref="Label"/> writes them, with commas between.</param>
    public PrometheusText Sample(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
        return this;
    }

    public PrometheusText Gauge(string name, string help, double value, string labels = "") => Family(name, "gauge", help).Sample(name, labels, value);

    public override string ToString() => _text.ToString();

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => double.IsNaN(value) ? "NaN" : value.ToString("R", CultureInfo.InvariantCulture),
    };
}
