using System.Collections.Immutable;
using Eddy.Engine.Views;

namespace Eddy.Api.Routes;

/// <summary>What the operator asks the engine to do.</summary>
internal static class OperatorRoutes
{
    public static IEnumerable<ApiRoute> Of(IEngineDesk desk) =>
    [
        new("POST", "/v1/propose", "Search now and propose the best ring in which this node is the proposer; with dry_run only show it.", context => ProposeAsync(context, desk))
        {
            Takes = static () => ApiJson.Default.ProposeRequest,
            Answers = [.. Replies("It is proposed, or shown."), ApiAnswer.BadRequest("The request is no such JSON.")],
        },
        new("POST", "/v1/pause", "Neither propose nor accept rings any more; those under way end. Survives a restart.", context => AskAsync(context, desk, new OperatorRequest.Pause()))
        {
            Answers = Replies("It is paused."),
        },
        new("POST", "/v1/resume", "Take part in rings again.", context => AskAsync(context, desk, new OperatorRequest.Resume()))
        {
            Answers = Replies("It takes part."),
        },
    ];

    /// <summary>What <see cref="AskAsync"/> can answer.</summary>
    public static ImmutableArray<ApiAnswer> Replies(string done) =>
    [
        ApiAnswer.Ok(done, static () => ApiJson.Default.ReplyReport),
        new(StatusCodes.Status404NotFound, "There is none; the message says why.", static () => ApiJson.Default.ReplyReport),
        new(StatusCodes.Status409Conflict, "Refused; the message says why.", static () => ApiJson.Default.ReplyReport),
        new(StatusCodes.Status503ServiceUnavailable, "Not now: LND is away.", static () => ApiJson.Default.ReplyReport),
    ];

    public static async Task AskAsync(HttpContext context, IEngineDesk desk, OperatorRequest request)
    {
        var reply = await desk.AskAsync(request, context.RequestAborted);
        var report = ReportMapping.Reply(reply, await desk.GetViewAsync(context.RequestAborted));
        context.Response.StatusCode = report.Status switch
        {
            ReplyReport.Done => StatusCodes.Status200OK,
            ReplyReport.NotFound => StatusCodes.Status404NotFound,
            ReplyReport.Unavailable => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status409Conflict,
        };
        await context.WriteAsync(report, ApiJson.Default.ReplyReport);
    }

    private static async Task ProposeAsync(HttpContext context, IEngineDesk desk)
    {
        if (await context.ReadAsync(ApiJson.Default.ProposeRequest) is { } request)
        {
            await AskAsync(context, desk, new OperatorRequest.Propose(request.DryRun));
        }
    }
}
