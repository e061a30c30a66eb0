using Eddy.Engine.Views;
using Eddy.Lightning;

namespace Eddy.Api.Routes;

/// <summary>Why nothing happens.</summary>
internal static class WhyRoutes
{
    private const int LeastKeyDigits = 6;

    public static IEnumerable<ApiRoute> Of(IEngineDesk desk) =>
    [
        new("GET", "/v1/why", "Why nothing happens on the node as a whole, and what to do about it.", async context =>
            await WriteAsync(context, desk, await desk.ExplainAsync(context.RequestAborted)))
        {
            Answers = [ApiAnswer.Ok("The reasons, the weightiest first.", static () => ApiJson.Default.WhyReport)],
        },
        new("GET", "/v1/why/{subject}", "Why nothing happens on a channel (any of its ids) or with a peer (its public key, or the first digits), and what happened.", context => WhyAsync(context, desk))
        {
            Answers = [ApiAnswer.Ok("The reasons, the weightiest first.", static () => ApiJson.Default.WhyReport), ApiAnswer.NotFound("This node has no such channel or peer.")],
        },
    ];

    private static async Task WhyAsync(HttpContext context, IEngineDesk desk)
    {
        var text = (string)context.Request.RouteValues["subject"]!;
        var explanation = ShortChannelId.TryParse(text, out var scid) ? await desk.ExplainAsync(scid, context.RequestAborted)
            : await FindPeerAsync(desk, text, context.RequestAborted) is { } peer ? await desk.ExplainAsync(peer, context.RequestAborted)
            : null;
        if (explanation is null)
        {
            await context.WriteErrorAsync(StatusCodes.Status404NotFound, $"this node has no channel {text}, and no peer that begins like that");
            return;
        }

        await WriteAsync(context, desk, explanation);
    }

    /// <summary>Null where it is nobody, or could be several.</summary>
    internal static async Task<NodeId?> FindPeerAsync(IEngineDesk desk, string text, CancellationToken cancellationToken)
    {
        if (NodeId.TryParse(text, out var whole))
        {
            return whole;
        }

        if (text.Length < LeastKeyDigits)
        {
            return null;
        }

        var view = await desk.GetViewAsync(cancellationToken);
        var found = view.Peers.Where(peer => peer.Id.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToArray();
        return found.Length == 1 ? found[0].Id : null;
    }

    private static async Task WriteAsync(HttpContext context, IEngineDesk desk, Explanation explanation) =>
        await context.WriteAsync(ReportMapping.Why(explanation, await desk.GetViewAsync(context.RequestAborted)), ApiJson.Default.WhyReport);
}
