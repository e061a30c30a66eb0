using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>The way from a call to its HTTP request.</summary>
public static class ServerCallContextExtensions
{
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext) =>
        (serverCallContext as IHttpCall)?.Http
        ?? throw new InvalidOperationException("The context is not one of a call over HTTP.");
}
