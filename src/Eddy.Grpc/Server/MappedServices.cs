using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server;

/// <summary>Answers gRPC calls of what no service here offers, with the texts of a Go server.</summary>
internal sealed class MappedServices
{
    private readonly ConcurrentDictionary<string, byte> _names = new(StringComparer.Ordinal);
    private int _mapped;

    internal void Add(string serviceName) => _names.TryAdd(serviceName, 0);

    internal void MapUnknown(IEndpointRouteBuilder routes)
    {
        if (Interlocked.Exchange(ref _mapped, 1) != 0)
        {
            return;
        }

        var pattern = RoutePatternFactory.Parse(
            "{service}/{method}", defaults: null, parameterPolicies: new { method = new GrpcOnly() });
        var endpoint = routes.Map(pattern, RefuseAsync).WithDisplayName("gRPC - unimplemented");
        endpoint.Add(builder => ((RouteEndpointBuilder)builder).Order = int.MaxValue);
    }

    private Task RefuseAsync(HttpContext http)
    {
        var service = (string?)http.GetRouteValue("service") ?? "";
        var detail = _names.ContainsKey(service)
            ? $"unknown method {http.GetRouteValue("method")} for service {service}"
            : $"unknown service {service}";
        http.Response.ContentType = GrpcHeaders.ContentType;
        ServerStatus.Write(http.Response.Headers, new Status(StatusCode.Unimplemented, detail), trailers: null);
        return Task.CompletedTask;
    }

    /// <summary>Leaves every other request to whoever else is mapped in the same host.</summary>
    private sealed class GrpcOnly : IRouteConstraint
    {
        public bool Match(
            HttpContext? httpContext,
            IRouter? route,
            string routeKey,
            RouteValueDictionary values,
            RouteDirection routeDirection) =>
            httpContext is not null
            && HttpMethods.IsPost(httpContext.Request.Method)
            && GrpcHeaders.IsGrpc(httpContext.Request.ContentType);
    }
}
