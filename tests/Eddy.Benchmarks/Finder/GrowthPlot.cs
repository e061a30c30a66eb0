using System.Globalization;
using System.Text;

namespace Eddy.Benchmarks.Finder;

/// <summary>Two small panels side by side, both axes logarithmic.</summary>
internal static class GrowthPlot
{
    private const int Width = 300;
    private const int Height = 180;
    private const int Left = 60;
    private const int Top = 34;
    private const int Gap = 110;

    public static string Draw(IReadOnlyList<GrowthPoint> points)
    {
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {(2 * Width) + Gap + Left + 40} {Top + Height + 44}' font-family='sans-serif' font-size='11'>");
        Line(svg, $"<rect width='100%' height='100%' fill='white'/>");
        Panel(svg, 0, "one search, up to 6 hops (µs)", 1, 1e4, points, [
            ("median", "#1f6fb4", static point => point.Median),
            ("95 of 100", "#d1762b", static point => point.P95),
            ("one advert", "#4f9a4a", static point => point.Advert),
        ]);
        Panel(svg, Width + Gap, "graph in memory (MiB)", 0.1, 1e3, points, [("graph", "#1f6fb4", static point => point.Bytes / 1048576.0)]);
        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Panel(
        StringBuilder svg, int shift, string title, double least, double most, IReadOnlyList<GrowthPoint> points,
        (string Name, string Colour, Func<GrowthPoint, double> Value)[] lines)
    {
        var (first, last) = (500.0, 200_000.0);
        double X(double nodes) => Left + shift + (Width * Math.Log(nodes / first) / Math.Log(last / first));
        double Y(double value) => Top + Height - (Height * Math.Log(Math.Clamp(value, least, most) / least) / Math.Log(most / least));
        Line(svg, $"<text x='{Left + shift}' y='{Top - 14}' font-size='13'>{title}</text>");
        for (var decade = least; decade <= most * 1.001; decade *= 10)
        {
            Line(svg, $"<path d='M{Left + shift} {Y(decade):0.0}h{Width}' stroke='#ddd'/><text x='{Left + shift - 6}' y='{Y(decade) + 4:0.0}' text-anchor='end'>{decade:0.###}</text>");
        }

        foreach (var point in points)
        {
            Line(svg, $"<text x='{X(point.Nodes):0.0}' y='{Top + Height + 16}' text-anchor='middle'>{point.Nodes / 1000.0:0.#}k</text>");
        }

        Line(svg, $"<text x='{Left + shift + (Width / 2)}' y='{Top + Height + 34}' text-anchor='middle'>nodes</text>");
        for (var place = 0; place < lines.Length; place++)
        {
            var (name, colour, value) = lines[place];
            var path = string.Join('L', points.Select(point => Text($"{X(point.Nodes):0.0} {Y(value(point)):0.0}")));
            Line(svg, $"<path d='M{path}' fill='none' stroke='{colour}' stroke-width='2'/>");
            foreach (var point in points)
            {
                Line(svg, $"<circle cx='{X(point.Nodes):0.0}' cy='{Y(value(point)):0.0}' r='3' fill='{colour}'/>");
            }

            Line(svg, $"<text x='{Left + shift + 8}' y='{Top + 12 + (14 * place)}' fill='{colour}'>{name}</text>");
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Line(StringBuilder svg, FormattableString line) => svg.Append(Text(line)).Append('\n');
}
