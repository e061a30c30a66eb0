using System.Collections.Immutable;
using Eddy.Engine.Storage;
using Eddy.Lightning;
using Microsoft.Extensions.Logging;

namespace Eddy.Engine;

/// <summary>
/// What a database does not know. An empty one has never heard of the waivers given before it, and a copy put back has not heard of those
/// given since: either could waive a fee a second time, and a second waiver for a settled circuit pays the next peer twice.
/// </summary>
public sealed partial class EddyEngine
{
    private bool _knowsPast;
    private ImmutableHashSet<CircuitKey>? _older;

    /// <summary>In a copy nothing that was under way is promised or paid any more: LND alone knows how it went on.</summary>
    private void StartMemory(ImmutableDictionary<string, string> settings)
    {
        _knowsPast = settings.GetValueOrDefault(StoreSettings.KnowsPast) == bool.TrueString;
        if (settings.GetValueOrDefault(StoreSettings.CopiedAt) is not { Length: > 0 } copiedAt)
        {
            return;
        }

        LogCopy(copiedAt);
        _knowsPast = false;
        _context.Batch.Settings[StoreSettings.CopiedAt] = "";
        _context.Batch.Settings[StoreSettings.KnowsPast] = bool.FalseString;
        foreach (var ring in _rings.Open.ToArray())
        {
            _rings.GiveUp(ring);
        }
    }

    /// <summary>
    /// The HTLCs that LND holds when we first look are never waived, until the last of them is gone. They are looked for again at each
    /// start: a key that is on the list for nothing costs a ring that fails for free.
    /// </summary>
    private void LearnPast()
    {
        if (_knowsPast)
        {
            return;
        }

        var held = _context.Channels
            .SelectMany(static channel => channel.PendingHtlcs
                .Where(static htlc => htlc.IsIncoming)
                .Select(htlc => new CircuitKey(channel.Id, htlc.HtlcId)))
            .ToImmutableHashSet();
        _older = _older?.Intersect(held) ?? held;
        _forwarding = _forwarding.WithOlder(_older);
        if (_older.IsEmpty)
        {
            _knowsPast = true;
            _context.Batch.Settings[StoreSettings.KnowsPast] = bool.TrueString;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The database is a copy of {CopiedAt}: what was under way in it is given up here, and LND ends it as it stands.")]
    private partial void LogCopy(string copiedAt);
}
