using System.Collections.Immutable;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Storage;

/// <summary>What a starting engine reads.</summary>
public sealed record StoreContents
{
    /// <summary>Rings that are not final.</summary>
    public ImmutableArray<RingRecord> OpenRings { get; init; } = [];

    /// <summary>Every binding that LND could still offer again.</summary>
    public ImmutableArray<WaiverBinding> Bindings { get; init; } = [];

    /// <summary>Effects that were saved and are not known to be done, in order.</summary>
    public ImmutableArray<OutboxEntry> Outbox { get; init; } = [];

    public ImmutableDictionary<string, string> Settings { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableArray<BackOffRecord> BackOffs { get; init; } = [];

    public ImmutableArray<DailyCounter> Counters { get; init; } = [];

    public RingTotals Totals { get; init; } = new(0, 0, 0, MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero);
}

/// <summary>A setting that the program keeps for itself.</summary>
public static class StoreSettings
{
    public const string Paused = "paused";

    public const string AdvertSequence = "advert_sequence";

    /// <summary>Of how many parts our advert is.</summary>
    public const string AdvertParts = "advert_parts";

    /// <summary>Set in a copy of a database and never in the database itself: what was under way in it has gone on without it.</summary>
    public const string CopiedAt = "copied_at";

    /// <summary>True where every HTLC that LND still holds is younger than this database's memory of waivers.</summary>
    public const string KnowsPast = "knows_past";
}

/// <summary>An effect that must happen although the process may die first.</summary>
/// <param name="Id">In the order of saving.</param>
/// <param name="Kind">Which effect.</param>
/// <param name="Payload">What it takes beyond the ring's own state.</param>
public sealed record OutboxEntry(long Id, RingId Ring, string Kind, ReadOnlyMemory<byte> Payload);

/// <param name="Key">What is backed off: a peer, a hop, an initiator.</param>
/// <param name="Failures">In a row, for the exponent.</param>
public sealed record BackOffRecord(string Key, DateTimeOffset Until, int Failures);

/// <param name="Day">Days since 1970-01-01 UTC; 0 for what is counted for good.</param>
/// <param name="Value">Msat, or a count.</param>
public sealed record DailyCounter(int Day, string Key, long Value);
