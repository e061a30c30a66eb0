using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Eddy.Logging;

/// <summary>What is logged now: a level for everything, and others for single categories. Can be changed at any time.</summary>
internal sealed class LogLevels(LogLevel least)
{
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.OrdinalIgnoreCase);
    private volatile State _state = new(least, ImmutableSortedDictionary.Create<string, LogLevel>(StringComparer.OrdinalIgnoreCase));

    public LogLevel Least => _state.Least;

    /// <summary>Categories with a level of their own, by the name that log lines show.</summary>
    public ImmutableSortedDictionary<string, LogLevel> Overrides => _state.ByCategory;

    /// <summary>Every category that has ever had a logger.</summary>
    public IEnumerable<string> Known => _known.Keys;

    public static bool TryParse(string word, out LogLevel level)
    {
        level = word.ToLowerInvariant() switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "info" => LogLevel.Information,
            "warn" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => LogLevel.None,
        };
        return level != LogLevel.None;
    }

    public static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    /// <summary>For everything: what was said of single categories is forgotten.</summary>
    public void Set(LogLevel level) => _state = new(level, _state.ByCategory.Clear());

    public void Set(string category, LogLevel level) => _state = _state with { ByCategory = _state.ByCategory.SetItem(category, level) };

    public bool IsEnabled(string category, LogLevel level)
    {
        var state = _state;
        return level != LogLevel.None
            && level >= (state.ByCategory.IsEmpty ? state.Least : state.ByCategory.GetValueOrDefault(category, state.Least));
    }

    public void Learn(string category) => _known.TryAdd(category, true);

    private sealed record State(LogLevel Least, ImmutableSortedDictionary<string, LogLevel> ByCategory);
}
