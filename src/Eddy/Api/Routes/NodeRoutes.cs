using System.Text.Json.Serialization.Metadata;
using Eddy.Engine.Views;
using Eddy.Lightning;

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
        new("GET", "/v1/why/{scid}", "Why nothing happens on a channel, and what happened on it.", context => WhyAsync(context, desk))
        {
            Answers = [ApiAnswer.Ok("The reasons, the weightiest first.", static () => ApiJson.Default.WhyReport), ApiAnswer.NotFound("This node has no such channel.")],
        },
    ];

    public static ApiRoute Get<T>(IEngineDesk desk, string path, string summary, Func<EngineView, T> report, Func<JsonTypeInfo<T>> type) =>
        new("GET", path, summary, async context => await context.WriteAsync(report(await desk.GetViewAsync(context.RequestAborted)), type()))
        {
            Answers = [ApiAnswer.Ok("As it is now.", type)],
        };

    private static async Task WhyAsync(HttpContext context, IEngineDesk desk)
    {
        var text = (string)context.Request.RouteValues["scid"]!;
        if (ShortChannelId.TryParse(text, out var scid)
            && await desk.ExplainAsync(scid, context.RequestAborted) is { } explanation)
        {
            var view = await desk.GetViewAsync(context.RequestAborted);
            await context.WriteAsync(ReportMapping.Why(explanation, view), ApiJson.Default.WhyReport);
        }
        else
        {
            await context.WriteErrorAsync(StatusCodes.Status404NotFound, $"this node has no channel {text}");
        }
    }
}
