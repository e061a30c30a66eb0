using System.Text.Json.Serialization.Metadata;
using Eddy.Engine.Views;

namespace Eddy.Api.Routes;

/// <summary>What the node is and knows.</summary>
internal static class NodeRoutes
{
    public static IEnumerable<ApiRoute> Of(IEngineDesk desk) =>
    [
        Get(desk, "/v1/status", "How the daemon, its node and its rings are.", view => ReportMapping.Status(view, desk), static () => ApiJson.Default.StatusReport),
        Get(desk, "/v1/channels", "Channels: balances, targets, and what is offered.", ReportMapping.Channels, static () => ApiJson.Default.ChannelsReport),
        Get(desk, "/v1/peers", "Peers: which run eddy, and what they can do.", ReportMapping.Peers, static () => ApiJson.Default.PeersReport),
        Get(desk, "/v1/adverts", "What the nodes around offer to move.", ReportMapping.Adverts, static () => ApiJson.Default.AdvertsReport),
        Get(desk, "/v1/limits", "The owner's limits, and what is left of them today.", ReportMapping.Limits, static () => ApiJson.Default.LimitsReport),
    ];

    public static ApiRoute Get<T>(IEngineDesk desk, string path, string summary, Func<EngineView, T> report, Func<JsonTypeInfo<T>> type) =>
        new("GET", path, summary, async context => await context.WriteAsync(report(await desk.GetViewAsync(context.RequestAborted)), type()))
        {
            Answers = [ApiAnswer.Ok("As it is now.", type)],
        };
}
