using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server;

/// <summary>Turns what a generated <c>BindService</c> says into endpoints.</summary>
internal sealed class RouteBinder<TService>(
    IEndpointRouteBuilder routes, MappedServices mapped, ServiceRuntime<TService> runtime) : ServiceBinderBase
    where TService : class
{
    private readonly List<IEndpointConventionBuilder> _endpoints = [];

    internal IReadOnlyList<IEndpointConventionBuilder> Endpoints => _endpoints;

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        Map(method, new UnaryHandler<TService, TRequest, TResponse>(
            method,
            runtime,
            Open<UnaryMethod<TService, TRequest, TResponse>>(
                method, typeof(TRequest), typeof(ServerCallContext))));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, new ClientStreamingHandler<TService, TRequest, TResponse>(
            method,
            runtime,
            Open<ClientStreamingMethod<TService, TRequest, TResponse>>(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext))));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, new ServerStreamingHandler<TService, TRequest, TResponse>(
            method,
            runtime,
            Open<ServerStreamingMethod<TService, TRequest, TResponse>>(
                method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, new DuplexHandler<TService, TRequest, TResponse>(
            method,
            runtime,
            Open<DuplexMethod<TService, TRequest, TResponse>>(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))));

    // The generated code is asked without an instance and so names the method only; the instance is another one for each call.
    private static TDelegate Open<TDelegate>(IMethod method, params Type[] parameters)
        where TDelegate : Delegate
    {
        var implementation = typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no method {method.Name} for {method.FullName}.");
        return implementation.CreateDelegate<TDelegate>();
    }

    private void Map<TRequest, TResponse>(Method<TRequest, TResponse> method, CallHandler<TService, TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        mapped.Add(method.ServiceName);
        var endpoint = routes.MapPost(method.FullName, (RequestDelegate)handler.HandleAsync);
        _endpoints.Add(endpoint.WithDisplayName($"gRPC - {method.FullName}"));
    }
}
