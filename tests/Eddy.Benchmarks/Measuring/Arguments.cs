using System.Globalization;

namespace Eddy.Benchmarks.Measuring;

/// <summary>What follows the name of a figure: <c>--name value</c>, each at most once.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    /// <exception cref="FormatException">It is no list of names and values.</exception>
    public Arguments(IReadOnlyList<string> args)
    {
        for (var i = 0; i < args.Count; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Count || !_values.TryAdd(args[i][2..], args[i + 1]))
            {
                throw new FormatException($"'{args[i]}': arguments are --name value, each at most once.");
            }
        }
    }

    public int Take(string name, int standard) => Take(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : standard;

    public string? Take(string name) => _values.Remove(name, out var value) ? value : null;

    /// <summary>Nothing may be left: a name that means nothing is a mistake.</summary>
    /// <exception cref="FormatException">A name was not taken.</exception>
    public void End()
    {
        if (_values.Count > 0)
        {
            throw new FormatException($"There is no --{_values.Keys.First()} here.");
        }
    }
}
