using Eddy.Engine.Storage;

namespace Eddy.Api.Routes;

/// <summary>What came of it, by day.</summary>
internal static class HistoryRoutes
{
    private static readonly ApiParameter Days = new("days", "How many days, today (UTC) included.", 1, 730, 30);

    public static IEnumerable<ApiRoute> Of(IEngineDesk desk) =>
    [
        new("GET", "/v1/history", "Rings, sats moved, fees saved and phantom fees of each day, oldest first.", context => HistoryAsync(context, desk))
        {
            Query = [Days],
            Answers = [ApiAnswer.Ok("Every day, also those on which nothing happened.", static () => ApiJson.Default.HistoryReport), ApiAnswer.BadRequest("The number of days is none, or out of bounds.")],
        },
    ];

    private static async Task HistoryAsync(HttpContext context, IEngineDesk desk)
    {
        if (Days.Read(context.Request) is not { } days)
        {
            await context.WriteErrorAsync(StatusCodes.Status400BadRequest, $"days is a number from {Days.Least} to {Days.Most}");
            return;
        }

        var today = DateOnly.FromDateTime((await desk.GetViewAsync(context.RequestAborted)).At.UtcDateTime);
        var first = today.AddDays(1 - days);
        var known = (await desk.GetHistoryAsync(first, context.RequestAborted)).ToDictionary(static day => day.Day);
        await context.WriteAsync(
            new HistoryReport([.. Enumerable.Range(0, days).Select(i => Report(known.GetValueOrDefault(first.AddDays(i)) ?? DayFigures.None(first.AddDays(i))))]),
            ApiJson.Default.HistoryReport);
    }

    private static DayReport Report(DayFigures day) => new(
        day.Day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), day.Settled, day.Failed, day.Moved.Value, day.Saved.Value, day.Phantom.Value);
}
