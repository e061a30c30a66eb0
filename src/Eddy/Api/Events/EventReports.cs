using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Eddy.Api.Events;

/// <summary>The first event of every stream.</summary>
/// <param name="Adverts">Of the nearest nodes.</param>
internal sealed record SnapshotReport(
    StatusReport Status,
    ImmutableArray<ChannelReport> Channels,
    ImmutableArray<PeerReport> Peers,
    ImmutableArray<AdvertReport> Adverts,
    ImmutableArray<RingReport> Rings,
    LimitsReport Limits,
    ImmutableArray<LogLineReport> Logs);

/// <summary>Event <c>channels</c>: those that are new or have changed, whole, and the scids of those that are gone.</summary>
internal sealed record ChannelChanges(ImmutableArray<ChannelReport> Changed, ImmutableArray<string> Gone);

/// <summary>Event <c>peers</c>; public keys of those that are gone.</summary>
internal sealed record PeerChanges(ImmutableArray<PeerReport> Changed, ImmutableArray<string> Gone);

/// <summary>Event <c>adverts</c>; nodes of those that are gone.</summary>
internal sealed record AdvertChanges(ImmutableArray<AdvertReport> Changed, ImmutableArray<string> Gone);

/// <summary>Event <c>rings</c>; ids of those that are no longer among the latest: the store keeps them.</summary>
internal sealed record RingChanges(ImmutableArray<RingReport> Changed, ImmutableArray<string> Gone);

/// <summary>JSON on one line, as events need it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SnapshotReport))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(LimitsReport))]
[JsonSerializable(typeof(ChannelChanges))]
[JsonSerializable(typeof(PeerChanges))]
[JsonSerializable(typeof(AdvertChanges))]
[JsonSerializable(typeof(RingChanges))]
[JsonSerializable(typeof(LogsReport))]
internal sealed partial class StreamJson : JsonSerializerContext;
