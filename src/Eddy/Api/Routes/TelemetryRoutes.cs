using Eddy.Configuration;
using Eddy.Logging;
using Eddy.Telemetry;

namespace Eddy.Api.Routes;

/// <summary>The page for Prometheus, and what is logged.</summary>
internal static partial class TelemetryRoutes
{
    public static IEnumerable<ApiRoute> Of(IEngineDesk desk, ILogger logger) =>
    [
        new("GET", "/metrics", "The page for Prometheus.", async context =>
        {
            var page = await desk.GetMetricsAsync(context.RequestAborted);
            await context.WriteAsync(System.Text.Encoding.UTF8.GetBytes(page), PrometheusText.ContentType);
        })
        {
            Access = desk.IsMetricsOpen ? ApiAccess.Anybody : ApiAccess.LoggedIn,
            Answers = [new(StatusCodes.Status200OK, "Prometheus' text format 0.0.4.", null) { MediaType = "text/plain" }],
        },
        new("GET", "/v1/loglevel", "What is logged.", context => context.WriteAsync(ReportOf(desk.LogLevels), ApiJson.Default.LogLevelReport))
        {
            Answers = [ApiAnswer.Ok("The level of everything, and of single categories.", static () => ApiJson.Default.LogLevelReport)],
        },
        new("POST", "/v1/loglevel", "Log more or less from now on, of everything or of one category.", context => SetAsync(context, desk.LogLevels, logger))
        {
            Takes = static () => ApiJson.Default.LogLevelRequest,
            Answers =
            [
                ApiAnswer.Ok("What is logged now.", static () => ApiJson.Default.LogLevelReport),
                ApiAnswer.BadRequest("There is no such level, or the request is malformed."),
                ApiAnswer.NotFound("Nothing logs under that category."),
            ],
        },
    ];

    private static LogLevelReport ReportOf(LogLevels levels) => new(
        LogLevels.Word(levels.Least),
        [.. levels.Overrides.Select(static entry => new CategoryLevelReport(entry.Key, LogLevels.Word(entry.Value)))],
        [.. levels.Known.Order(StringComparer.OrdinalIgnoreCase)]);

    private static async Task SetAsync(HttpContext context, LogLevels levels, ILogger logger)
    {
        if (await context.ReadAsync(ApiJson.Default.LogLevelRequest) is not { } request)
        {
            return;
        }

        if (request.Level is not { } word || !LogLevels.TryParse(word, out var level))
        {
            await context.WriteErrorAsync(StatusCodes.Status400BadRequest, "a level is one of trace, debug, info, warn, error");
            return;
        }

        if (request.Category is not { Length: > 0 } category)
        {
            levels.Set(level);
            LogSet(logger, "everything", LogLevels.Word(level));
        }
        else if (levels.Known.FirstOrDefault(known => known.Equals(category, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            levels.Set(known, level);
            LogSet(logger, known, LogLevels.Word(level));
        }
        else
        {
            await context.WriteErrorAsync(
                StatusCodes.Status404NotFound, $"nothing logs as {Quoted.From(category)}; did you mean '{NearestName.Of(category, [.. levels.Known])}'?");
            return;
        }

        await context.WriteAsync(ReportOf(levels), ApiJson.Default.LogLevelReport);
    }

    [LoggerMessage(LogLevel.Information, "The operator set the log level of {Name} to {Word}.")]
    private static partial void LogSet(ILogger logger, string name, string word);
}
