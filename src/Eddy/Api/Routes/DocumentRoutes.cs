using System.Collections.Immutable;
using System.Text.Json;

namespace Eddy.Api.Routes;

/// <summary>What the API says of itself.</summary>
internal static class DocumentRoutes
{
    /// <param name="routes">All there are, this one included.</param>
    public static IEnumerable<ApiRoute> Of(Func<ImmutableArray<ApiRoute>> routes) =>
    [
        new("GET", "/v1/openapi.json", "This document: OpenAPI 3.1.", context =>
            context.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(OpenApiDocument.Of(routes()), ApiJson.Default.JsonObject), "application/json; charset=utf-8"))
        {
            Access = ApiAccess.Anybody,
            Answers = [ApiAnswer.Ok("This document.", static () => ApiJson.Default.JsonObject)],
        },
    ];
}
