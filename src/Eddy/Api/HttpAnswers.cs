using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Eddy.Api;

/// <summary>How everything on the API is answered.</summary>
internal static class HttpAnswers
{
    public static Task WriteErrorAsync(this HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return context.WriteAsync(new ErrorReport(error), ApiJson.Default.ErrorReport);
    }

    public static Task WriteAsync<T>(this HttpContext context, T value, JsonTypeInfo<T> type) =>
        context.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json; charset=utf-8");

    public static async Task WriteAsync(this HttpContext context, ReadOnlyMemory<byte> body, string mediaType)
    {
        context.Response.ContentType = mediaType;
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>The request's body; null where it is none of that kind, and then the answer is written.</summary>
    public static async Task<T?> ReadAsync<T>(this HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) is { } value)
            {
                return value;
            }

            await context.WriteErrorAsync(StatusCodes.Status400BadRequest, "the request is not what it should be: null");
        }
        catch (JsonException e)
        {
            await context.WriteErrorAsync(StatusCodes.Status400BadRequest, $"the request is not what it should be: {e.Message}");
        }

        return null;
    }
}
