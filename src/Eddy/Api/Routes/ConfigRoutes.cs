using Eddy.Reloading;

namespace Eddy.Api.Routes;

/// <summary>The configuration of the running daemon.</summary>
internal static class ConfigRoutes
{
    public static IEnumerable<ApiRoute> Of(IEngineDesk desk) =>
    [
        new("POST", "/v1/config/reload", "Read the configuration again. What is wrong is refused as a whole, and what held before goes on.", context => ReloadAsync(context, desk))
        {
            Access = ApiAccess.Token,
            Answers = [ApiAnswer.Ok("It was read: what changed, or what is wrong with it.", static () => ApiJson.Default.ReloadReport)],
        },
    ];

    public static ReloadReport ToReport(ReloadOutcome outcome) => new(
        outcome.IsApplied,
        [.. outcome.Changes.Select(static change => new ChangeReport(change.Key, change.From, change.To, change.NeedsRestart))],
        [.. outcome.Mistakes.Select(static mistake => new ConfigMistakeReport(mistake.Origin.ToString()!, mistake.Text))]);

    private static async Task ReloadAsync(HttpContext context, IEngineDesk desk) =>
        await context.WriteAsync(ToReport(await desk.ReloadAsync(context.RequestAborted)), ApiJson.Default.ReloadReport);
}
