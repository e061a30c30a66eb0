using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;

namespace Eddy.Simulate;

/// <summary>One picture of the report as SVG.</summary>
/// <param name="largest">The largest value that is drawn.</param>
/// <param name="format">Of the numbers at the side.</param>
internal sealed class PageChart(double largest, string format, string unit)
{
    private const double Width = 560;
    private const double Height = 240;
    private const double Left = 62;
    private const double Right = 12;
    private const double Top = 12;
    private const double Bottom = 26;
    private const int GridLines = 4;
    private const int MostPoints = 400;

    private readonly double _top = Round(largest);

    public string Line(IReadOnlyList<double> points, double? mark)
    {
        var svg = Begin();
        var last = Math.Max(1, points.Count - 1);
        var step = Math.Max(1, points.Count / MostPoints);
        var path = new StringBuilder();
        for (var place = 0; place < points.Count; place = place == last ? place + 1 : Math.Min(last, place + step))
        {
            path.Append(CultureInfo.InvariantCulture, $"{(place == 0 ? 'M' : 'L')}{X((double)place / last):0.#} {Y(points[place]):0.#}");
        }

        if (mark is { } level)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"dash\" d=\"M{X(0):0.#} {Y(level):0.#}H{X(1):0.#}\"/>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"line a\" d=\"{path}\"/>");
        for (var tick = 0; tick <= GridLines; tick++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X((double)tick / GridLines):0.#}\" y=\"{Height - 8}\" text-anchor=\"{(tick == 0 ? "start" : tick == GridLines ? "end" : "middle")}\">{(points.Count - 1) * tick / GridLines}</text>");
        }

        return End(svg);
    }

    public string Bars(ImmutableArray<string> names, ImmutableArray<double> first, ImmutableArray<double>? second)
    {
        var svg = Begin();
        var slot = 1.0 / first.Length;
        for (var bar = 0; bar < first.Length; bar++)
        {
            var (from, to) = (X((bar + 0.1) * slot), X((bar + 0.9) * slot));
            if (second is { } before)
            {
                var middle = (from + to) / 2;
                Bar(svg, "bar-b", from, middle, before[bar]);
                Bar(svg, "bar-a", middle, to, first[bar]);
            }
            else
            {
                Bar(svg, "bar-a", from, to, first[bar]);
            }

            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X((bar + 0.5) * slot):0.#}\" y=\"{Height - 8}\" text-anchor=\"middle\">{WebUtility.HtmlEncode(names[bar])}</text>");
        }

        return End(svg);
    }

    /// <summary>The next number with one or two digits that are easy to divide.</summary>
    private static double Round(double value)
    {
        if (value <= 0)
        {
            return 1;
        }

        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        foreach (var factor in new[] { 1, 2, 4, 6, 8, 10 })
        {
            if (value <= factor * power)
            {
                return factor * power;
            }
        }

        return 10 * power;
    }

    private static double X(double share) => Left + (share * (Width - Left - Right));

    private static string End(StringBuilder svg) => svg.Append("</svg>\n").ToString();

    private double Y(double value) => Height - Bottom - (value / _top * (Height - Top - Bottom));

    private void Bar(StringBuilder svg, string style, double from, double to, double value) =>
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{style}\" x=\"{from:0.##}\" y=\"{Y(value):0.##}\" width=\"{to - from:0.##}\" height=\"{Y(0) - Y(value):0.##}\"/>");

    private StringBuilder Begin()
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\">");
        for (var line = 0; line <= GridLines; line++)
        {
            var value = _top * line / GridLines;
            var label = value.ToString(_top < GridLines ? "0.##" : format, CultureInfo.InvariantCulture) + unit;
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{(line == 0 ? "axis" : "grid")}\" d=\"M{Left} {Y(value):0.#}H{Width - Right}\"/><text x=\"{Left - 6}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{label}</text>");
        }

        return svg;
    }
}
