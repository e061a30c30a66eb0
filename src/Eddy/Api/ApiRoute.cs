using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;

namespace Eddy.Api;

/// <summary>Who may use a route.</summary>
internal enum ApiAccess
{
    /// <summary>Whoever has the token, or a session in a browser that the token's owner let in.</summary>
    LoggedIn = 0,

    /// <summary>The token alone: what a page may not do.</summary>
    Token = 1,

    /// <summary>Anybody on this machine: nothing of the node is told.</summary>
    Anybody = 2,
}

/// <summary>One line of the API's table: what is mapped, and what the OpenAPI document says of it.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Path">As ASP.NET and OpenAPI both write it, <c>/v1/rings/{id}</c>.</param>
/// <param name="Summary">One plain sentence.</param>
/// <param name="Handle">Answers.</param>
internal sealed record ApiRoute(string Method, string Path, string Summary, RequestDelegate Handle)
{
    /// <summary>What it can answer, besides what <see cref="ApiServer"/> answers in its place: 401, 403 and 503 with an <see cref="ErrorReport"/>.</summary>
    public required ImmutableArray<ApiAnswer> Answers { get; init; }

    /// <summary>
    /// The body it takes; null for none. Asked for when it is needed: what JSON needs of types would otherwise be half of what a start compiles.
    /// </summary>
    public Func<JsonTypeInfo>? Takes { get; init; }

    public ImmutableArray<ApiParameter> Query { get; init; } = [];

    public ApiAccess Access { get; init; }

    /// <summary>A part of the dashboard, and none of the API.</summary>
    public bool IsFile { get; init; }

    /// <summary>It goes on until one side ends it: the time limit of a request is not for it.</summary>
    public bool IsStream { get; init; }
}

/// <param name="Status">HTTP status.</param>
/// <param name="When">What it means here.</param>
/// <param name="Type">The body's; null where there is none, or it is not JSON.</param>
internal sealed record ApiAnswer(int Status, string When, Func<JsonTypeInfo>? Type)
{
    public string? MediaType { get; init; }

    public static ApiAnswer Ok(string what, Func<JsonTypeInfo> type) => new(StatusCodes.Status200OK, what, type);

    public static ApiAnswer NotFound(string what) => new(StatusCodes.Status404NotFound, what, static () => ApiJson.Default.ErrorReport);

    public static ApiAnswer BadRequest(string what) => new(StatusCodes.Status400BadRequest, what, static () => ApiJson.Default.ErrorReport);
}

/// <summary>A number in the query; <paramref name="Standard"/> where it is not given.</summary>
internal sealed record ApiParameter(string Name, string What, int Least, int Most, int Standard)
{
    /// <summary>The value in the request; null where it is no number or out of bounds.</summary>
    public int? Read(HttpRequest request) =>
        request.Query[Name] is not [{ } text] ? Standard
        : int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var value) && value >= Least && value <= Most ? value
        : null;
}
