using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Eddy.Api;

/// <summary>JSON without reflection: the same on the API and behind <c>--json</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ChannelsReport))]
[JsonSerializable(typeof(PeersReport))]
[JsonSerializable(typeof(AdvertsReport))]
[JsonSerializable(typeof(RingsReport))]
[JsonSerializable(typeof(RingReport))]
[JsonSerializable(typeof(WhyReport))]
[JsonSerializable(typeof(ReloadReport))]
[JsonSerializable(typeof(WordRequest))]
[JsonSerializable(typeof(WouldReport))]
[JsonSerializable(typeof(LedgerReport))]
[JsonSerializable(typeof(ProposeRequest))]
[JsonSerializable(typeof(ReplyReport))]
[JsonSerializable(typeof(LogLevelReport))]
[JsonSerializable(typeof(LogLevelRequest))]
[JsonSerializable(typeof(LimitsReport))]
[JsonSerializable(typeof(HistoryReport))]
[JsonSerializable(typeof(LogsReport))]
[JsonSerializable(typeof(LoginReport))]
[JsonSerializable(typeof(SessionRequest))]
[JsonSerializable(typeof(SessionReport))]
[JsonSerializable(typeof(ErrorReport))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ApiJson : JsonSerializerContext;
