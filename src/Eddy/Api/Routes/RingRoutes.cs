using Eddy.Engine.Views;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Api.Routes;

/// <summary>Rings under way and past.</summary>
internal static class RingRoutes
{
    private const int LeastIdDigits = 4;

    private static readonly ApiParameter Count = new(
        "count", "How many of the latest are wanted, their stories left out. Without it: those under way and the latest 50 that ended, with their stories.", 1, 1_000, 0);

    public static IEnumerable<ApiRoute> Of(IEngineDesk desk) =>
    [
        new("GET", "/v1/rings", "Rings under way and the latest that ended, newest first.", context => RingsAsync(context, desk))
        {
            Query = [Count],
            Answers = [ApiAnswer.Ok("Newest first.", static () => ApiJson.Default.RingsReport), ApiAnswer.BadRequest("The count is no number, or out of bounds.")],
        },
        new("GET", "/v1/rings/{id}", "One ring with its story; its id, or the first digits of one of those shown.", context => RingAsync(context, desk))
        {
            Answers = [ApiAnswer.Ok("The ring.", static () => ApiJson.Default.RingReport), ApiAnswer.NotFound("No ring, or several, begin so.")],
        },
        new("POST", "/v1/rings/{id}/cancel", "End a ring that has not paid yet.", context => CancelAsync(context, desk))
        {
            Answers = [.. OperatorRoutes.Replies("It is cancelled."), ApiAnswer.NotFound("No ring, or several, begin so.")],
        },
    ];

    private static async Task RingsAsync(HttpContext context, IEngineDesk desk)
    {
        switch (Count.Read(context.Request))
        {
            case null:
                await context.WriteErrorAsync(StatusCodes.Status400BadRequest, $"count is a number from {Count.Least} to {Count.Most}");
                break;
            case 0:
                await context.WriteAsync(ReportMapping.Rings(await desk.GetViewAsync(context.RequestAborted)), ApiJson.Default.RingsReport);
                break;
            case { } count:
                var rings = await desk.GetLatestRingsAsync(count, context.RequestAborted);
                await context.WriteAsync(new RingsReport([.. rings.Select(ReportMapping.Ring)]), ApiJson.Default.RingsReport);
                break;
        }
    }

    private static async Task RingAsync(HttpContext context, IEngineDesk desk)
    {
        if (await FindRingAsync(context, desk) is { } ring)
        {
            await context.WriteAsync(ReportMapping.Ring(ring), ApiJson.Default.RingReport);
        }
    }

    private static async Task CancelAsync(HttpContext context, IEngineDesk desk)
    {
        if (await FindRingAsync(context, desk) is { } ring)
        {
            await OperatorRoutes.AskAsync(context, desk, new OperatorRequest.Cancel(ring.Id));
        }
    }

    /// <summary>The ring of a whole id, or the only one whose id begins like that among those shown; where there is none the answer is written.</summary>
    private static async Task<RingView?> FindRingAsync(HttpContext context, IEngineDesk desk)
    {
        var text = (string)context.Request.RouteValues["id"]!;
        if (Bytes32.TryParse(text, out var bytes))
        {
            if (await desk.FindRingAsync(new RingId(bytes), context.RequestAborted) is { } ring)
            {
                return ring;
            }
        }
        else if (text.Length >= LeastIdDigits && text.All(char.IsAsciiHexDigit))
        {
            var view = await desk.GetViewAsync(context.RequestAborted);
            var found = view.Rings.Where(ring => ring.Id.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase)).ToArray();
            if (found.Length == 1)
            {
                return found[0];
            }

            if (found.Length > 1)
            {
                await context.WriteErrorAsync(StatusCodes.Status404NotFound, $"{found.Length} rings begin with {text}: write more digits");
                return null;
            }
        }

        await context.WriteErrorAsync(StatusCodes.Status404NotFound, $"there is no ring {text}");
        return null;
    }
}
