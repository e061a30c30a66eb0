namespace Eddy.Api.Events;

/// <summary>What happens, as it does; and what was logged.</summary>
internal static class EventRoutes
{
    /// <summary>Who takes nothing for so long is gone.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(20);

    private static readonly ApiParameter After = new("after", "Only lines with a higher number.", 0, int.MaxValue, 0);

    public static IEnumerable<ApiRoute> Of(IEngineDesk desk, EventFeed feed) =>
    [
        new("GET", "/v1/events", "Server-sent events: a snapshot, then status, limits, channels, peers, adverts, rings and logs as they change; a comment now and then while nothing does.", context => FollowAsync(context, desk, feed))
        {
            IsStream = true,
            Answers =
            [
                new(StatusCodes.Status200OK, "Events with a number each, until one side ends it; whoever comes back begins with a snapshot again.", null) { MediaType = "text/event-stream" },
                new(StatusCodes.Status429TooManyRequests, "Too many follow already.", static () => ApiJson.Default.ErrorReport),
            ],
        },
        new("GET", "/v1/logs", "The latest lines of the log, oldest first: information and above.", context => LogsAsync(context, desk))
        {
            Query = [After],
            Answers = [ApiAnswer.Ok("The lines.", static () => ApiJson.Default.LogsReport), ApiAnswer.BadRequest("The number is none.")],
        },
    ];

    private static Task LogsAsync(HttpContext context, IEngineDesk desk) => After.Read(context.Request) is { } number
        ? context.WriteAsync(ReportMapping.Logs(desk.Logs.After(number)), ApiJson.Default.LogsReport)
        : context.WriteErrorAsync(StatusCodes.Status400BadRequest, "after is a whole number");

    private static async Task FollowAsync(HttpContext context, IEngineDesk desk, EventFeed feed)
    {
        // Where there is no engine this says why.
        await desk.GetViewAsync(context.RequestAborted);
        if (feed.TryJoin() is not { } reader)
        {
            await context.WriteErrorAsync(StatusCodes.Status429TooManyRequests, $"{EventFeed.MostReaders} follow already: close a page");
            return;
        }

        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            using var writing = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            await foreach (var text in reader.ReadAsync(context.RequestAborted))
            {
                writing.CancelAfter(LongestWrite);
                await context.Response.Body.WriteAsync(text, writing.Token);
                await context.Response.Body.FlushAsync(writing.Token);
                writing.CancelAfter(Timeout.InfiniteTimeSpan);
            }

            if (reader.IsDropped)
            {
                context.Abort();
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
        finally
        {
            feed.Leave(reader);
        }
    }
}
