using System.Collections.Immutable;
using Eddy.Configuration;
using Eddy.Lightning;

namespace Eddy.Reloading;

/// <summary>One key that says something else than before.</summary>
/// <param name="Key">Its full name, <c>rings.target</c> or <c>channel 870127x1237x1.target</c>.</param>
/// <param name="From">Empty for nothing.</param>
/// <param name="NeedsRestart">What the daemon goes by stays what it was until it is started again.</param>
internal sealed record ConfigChange(string Key, string From, string To, bool NeedsRestart);

/// <summary>What differs between two configurations, key by key.</summary>
internal static class ConfigDifference
{
    /// <summary>What a running daemon can take on. Everything else needs a restart.</summary>
    private static readonly ImmutableArray<ConfigKey> Live =
    [
        ConfigKeys.LogLevel, ConfigKeys.Mode,
        ConfigKeys.Target, ConfigKeys.Deadband, ConfigKeys.MinAmount, ConfigKeys.MaxAmount, ConfigKeys.Interval, ConfigKeys.Consent, ConfigKeys.Parallel,
        ConfigKeys.Allow, ConfigKeys.Deny, ConfigKeys.MaxInFlight, ConfigKeys.MaxPerDay, ConfigKeys.MaxPerPeerPerDay, ConfigKeys.MaxWaivedFeePerDay,
    ];

    public static bool IsLive(ConfigKey key) => key.Section.Contains(' ', StringComparison.Ordinal) || Live.Contains(key);

    public static ImmutableArray<ConfigChange> Between(EddyConfig before, EddyConfig after)
    {
        var old = before.Values.ToDictionary(static value => value.Key.FullName);
        var fresh = after.Values.ToDictionary(static value => value.Key.FullName);
        return
        [
            .. before.Values.Concat(after.Values).Select(static value => value.Key).DistinctBy(static key => key.FullName)
                .Select(key => (Key: key, From: old.GetValueOrDefault(key.FullName), To: fresh.GetValueOrDefault(key.FullName)))
                .Where(static entry => !IsSame(entry.From, entry.To))
                .Select(static entry => new ConfigChange(entry.Key.FullName, Text(entry.From, entry.To), Text(entry.To, entry.From), !IsLive(entry.Key))),
        ];
    }

    private static bool IsSame(ConfigValue? from, ConfigValue? to) => (from?.Value, to?.Value) switch
    {
        (ImmutableSortedSet<NodeId> left, ImmutableSortedSet<NodeId> right) => left.SetEquals(right),
        var (left, right) => Equals(left, right),
    };

    /// <summary>As it was written; a list also with how many are in it, for a file may have changed and not its name.</summary>
    private static string Text(ConfigValue? value, ConfigValue? other) => value switch
    {
        null => "",
        { Value: ImmutableSortedSet<NodeId> nodes } when other?.Text == value.Text => $"{value.Text} ({nodes.Count} nodes)",
        { Text.Length: 0 } => "nothing",
        _ => value.Text,
    };
}
