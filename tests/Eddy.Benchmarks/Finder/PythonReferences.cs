using System.Diagnostics;
using System.Globalization;

namespace Eddy.Benchmarks.Finder;

/// <summary>networkx and igraph on the same graph, as Debian packages them (<c>python3-networkx</c>, <c>python3-igraph</c>).</summary>
internal static class PythonReferences
{
    private const string Python = "/usr/bin/python3";

    public static void Run(DemandGraph demand)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Finder", "references.py");
        var arcs = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(arcs, demand.Arcs.Select(static arc => string.Create(CultureInfo.InvariantCulture, $"{arc.From} {arc.To} {arc.Amount}")));
            if (!File.Exists(Python))
            {
                Console.WriteLine($"There is no {Python}: networkx and igraph are left out.");
                return;
            }

            using var process = Process.Start(new ProcessStartInfo(Python, [script, arcs]) { UseShellExecute = false })!;
            process.WaitForExit();
            Console.WriteLine();
        }
        finally
        {
            File.Delete(arcs);
        }
    }
}
