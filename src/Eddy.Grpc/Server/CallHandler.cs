using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves the calls of one method, from the HTTP request to the status.</summary>
internal abstract partial class CallHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method, ServiceRuntime<TService> runtime)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private const string HandlerFailed = "The handler failed.";

    internal async Task HandleAsync(HttpContext http)
    {
        if (!TryAccept(http))
        {
            return;
        }

        LiftLimits(http);
        using var call = new ServerCall<TRequest, TResponse>(http, method, runtime.Options);
        Status status;
        var trailers = Metadata.Empty;
        try
        {
            await RunAsync(http, call);
            status = call.Status;
        }
        catch (RpcException exception)
        {
            LogRefused(runtime.Logger, method.FullName, exception.StatusCode, exception.Status.Detail);
            status = exception.Status;
            trailers = exception.Trailers;
        }
        catch (Exception) when (call.IsOver)
        {
            // Whatever a handler makes of losing its caller is the cancellation's doing.
            status = call.IsDeadlinePassed
                ? new Status(StatusCode.DeadlineExceeded, "The deadline passed on the server.")
                : Status.DefaultCancelled;
        }
        catch (OperationCanceledException)
        {
            status = new Status(StatusCode.Cancelled, "The handler gave up.");
        }
        catch (Exception exception)
        {
            LogFailed(runtime.Logger, method.FullName, exception);
            status = new Status(StatusCode.Unknown, runtime.Options.EnableDetailedErrors is true
                ? $"{HandlerFailed} {exception.GetType().Name}: {exception.Message}"
                : HandlerFailed);
        }

        call.End(status, trailers);
    }

    protected abstract Task InvokeAsync(
        TService service, Activated<Interceptor>[] interceptors, ServerCall<TRequest, TResponse> call);

    protected static TDelegate Chain<TDelegate>(
        Activated<Interceptor>[] interceptors, TDelegate handler, Func<Interceptor, TDelegate, TDelegate> before)
    {
        for (var i = interceptors.Length - 1; i >= 0; i--)
        {
            handler = before(interceptors[i].Instance, handler);
        }

        return handler;
    }

    private static bool TryAccept(HttpContext http)
    {
        Status? refusal = null;
        if (!GrpcHeaders.IsGrpc(http.Request.ContentType))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            refusal = new Status(StatusCode.Internal, $"Not a gRPC call: its content type is '{http.Request.ContentType}'.");
        }
        else if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            refusal = new Status(StatusCode.Internal, $"gRPC needs HTTP/2; this is {http.Request.Protocol}.");
        }
        else if (http.Request.Headers[GrpcHeaders.Encoding] is [{ } encoding, ..] && encoding != GrpcHeaders.Identity)
        {
            http.Response.Headers[GrpcHeaders.AcceptEncoding] = GrpcHeaders.Identity;
            refusal = new Status(StatusCode.Unimplemented, $"Messages encoded with '{encoding}' are not read here, only identity.");
        }
        else if (http.Request.Headers[GrpcHeaders.Timeout] is [{ } timeout, ..] && !GrpcHeaders.TryDecodeTimeout(timeout, out _))
        {
            refusal = new Status(StatusCode.Internal, $"Malformed grpc-timeout value '{timeout}'.");
        }

        http.Response.ContentType = GrpcHeaders.ContentType;
        if (refusal is { } status)
        {
            ServerStatus.Write(http.Response.Headers, status, trailers: null);
        }

        return refusal is null;
    }

    // A message's length has a limit of its own, and a stream may be silent for as long as it likes.
    private static void LiftLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private async Task RunAsync(HttpContext http, ServerCall<TRequest, TResponse> call)
    {
        var interceptors = runtime.ActivateInterceptors(http.RequestServices);
        var service = runtime.Activate(http.RequestServices);
        try
        {
            await InvokeAsync(service.Instance, interceptors, call);
        }
        finally
        {
            await service.ReleaseAsync();
            foreach (var interceptor in interceptors)
            {
                await interceptor.ReleaseAsync();
            }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Method} ends with {StatusCode}: {Detail}")]
    private static partial void LogRefused(ILogger logger, string method, StatusCode statusCode, string detail);

    [LoggerMessage(2, LogLevel.Error, "{Method} failed")]
    private static partial void LogFailed(ILogger logger, string method, Exception exception);
}
