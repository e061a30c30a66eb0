using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server;

internal delegate Task<TResponse> UnaryMethod<TService, TRequest, TResponse>(
    TService service, TRequest request, ServerCallContext context);

internal delegate Task<TResponse> ClientStreamingMethod<TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> requests, ServerCallContext context);

internal delegate Task ServerStreamingMethod<TService, TRequest, TResponse>(
    TService service, TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context);

internal delegate Task DuplexMethod<TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context);

internal sealed class UnaryHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    ServiceRuntime<TService> runtime,
    UnaryMethod<TService, TRequest, TResponse> implementation)
    : CallHandler<TService, TRequest, TResponse>(method, runtime)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(
        TService service, Activated<Interceptor>[] interceptors, ServerCall<TRequest, TResponse> call)
    {
        var request = await call.ReadSingleAsync();
        var next = Chain<UnaryServerMethod<TRequest, TResponse>>(
            interceptors,
            (message, context) => implementation(service, message, context),
            (interceptor, inner) => (message, context) => interceptor.UnaryServerHandler(message, context, inner));
        await call.WriteLastAsync(await next(request, call));
    }
}

internal sealed class ClientStreamingHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    ServiceRuntime<TService> runtime,
    ClientStreamingMethod<TService, TRequest, TResponse> implementation)
    : CallHandler<TService, TRequest, TResponse>(method, runtime)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(
        TService service, Activated<Interceptor>[] interceptors, ServerCall<TRequest, TResponse> call)
    {
        var next = Chain<ClientStreamingServerMethod<TRequest, TResponse>>(
            interceptors,
            (requests, context) => implementation(service, requests, context),
            (interceptor, inner) => (requests, context) => interceptor.ClientStreamingServerHandler(requests, context, inner));
        await call.WriteLastAsync(await next(call, call));
    }
}

internal sealed class ServerStreamingHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    ServiceRuntime<TService> runtime,
    ServerStreamingMethod<TService, TRequest, TResponse> implementation)
    : CallHandler<TService, TRequest, TResponse>(method, runtime)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(
        TService service, Activated<Interceptor>[] interceptors, ServerCall<TRequest, TResponse> call)
    {
        var request = await call.ReadSingleAsync();
        var next = Chain<ServerStreamingServerMethod<TRequest, TResponse>>(
            interceptors,
            (message, responses, context) => implementation(service, message, responses, context),
            (interceptor, inner) => (message, responses, context) =>
                interceptor.ServerStreamingServerHandler(message, responses, context, inner));
        await next(request, call, call);
    }
}

internal sealed class DuplexHandler<TService, TRequest, TResponse>(
    Method<TRequest, TResponse> method,
    ServiceRuntime<TService> runtime,
    DuplexMethod<TService, TRequest, TResponse> implementation)
    : CallHandler<TService, TRequest, TResponse>(method, runtime)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override Task InvokeAsync(
        TService service, Activated<Interceptor>[] interceptors, ServerCall<TRequest, TResponse> call)
    {
        var next = Chain<DuplexStreamingServerMethod<TRequest, TResponse>>(
            interceptors,
            (requests, responses, context) => implementation(service, requests, responses, context),
            (interceptor, inner) => (requests, responses, context) =>
                interceptor.DuplexStreamingServerHandler(requests, responses, context, inner));
        return next(call, call, call);
    }
}
