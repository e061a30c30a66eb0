using Eddy.Engine.Views;

namespace Eddy.Api.Routes;

/// <summary>The owner's word on single nodes, and what a node that only looks on misses.</summary>
internal static class WordRoutes
{
    /// <summary>Longer is for good.</summary>
    private const long LongestSeconds = 10L * 366 * 86_400;

    public static IEnumerable<ApiRoute> Of(IEngineDesk desk) =>
    [
        new("POST", "/v1/peers/{peer}/word", "Say of a node (its public key, or a peer's first digits) that it is allowed, denied or muted, for a time or for good; or take that back.", context => SayAsync(context, desk))
        {
            Takes = static () => ApiJson.Default.WordRequest,
            Answers = [.. OperatorRoutes.Replies("It holds."), ApiAnswer.BadRequest("The request is no such JSON, or names no word or time."), ApiAnswer.NotFound("No peer begins like that, or several do.")],
        },
        NodeRoutes.Get(desk, "/v1/would", "While this node only looks on: the rings it would have been in.", ReportMapping.Would, static () => ApiJson.Default.WouldReport),
    ];

    private static async Task SayAsync(HttpContext context, IEngineDesk desk)
    {
        if (await context.ReadAsync(ApiJson.Default.WordRequest) is not { } request)
        {
            return;
        }

        if (!Enum.TryParse<PeerWord>(request.Word, ignoreCase: true, out var word) || !Enum.IsDefined(word) || request.ForSeconds is <= 0 or > LongestSeconds)
        {
            await context.WriteErrorAsync(StatusCodes.Status400BadRequest, "word is one of allow, deny, mute, unmute, forget; for_seconds is more than 0, or null for good");
            return;
        }

        var text = (string)context.Request.RouteValues["peer"]!;
        if (await WhyRoutes.FindPeerAsync(desk, text, context.RequestAborted) is not { } peer)
        {
            await context.WriteErrorAsync(StatusCodes.Status404NotFound, $"{text} is not a public key, and no peer, or several, begin like that");
            return;
        }

        await OperatorRoutes.AskAsync(context, desk, new OperatorRequest.Say(peer, word, request.ForSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
    }
}
