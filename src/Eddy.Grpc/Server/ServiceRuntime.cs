using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>What all methods of a service share.</summary>
internal sealed class ServiceRuntime<TService>(GrpcServiceOptions options, ILogger logger)
    where TService : class
{
    // Only where the service is not registered: one that is may have no public constructor.
    private readonly Lazy<ObjectFactory<TService>> _create = new(() => ActivatorUtilities.CreateFactory<TService>(Type.EmptyTypes));
    private readonly InterceptorRegistration[] _interceptors = [.. options.Interceptors];

    internal GrpcServiceOptions Options => options;

    internal ILogger Logger => logger;

    internal Activated<TService> Activate(IServiceProvider services) =>
        services.GetService<TService>() is { } registered
            ? new Activated<TService>(registered, IsOwned: false)
            : new Activated<TService>(_create.Value(services, []), IsOwned: true);

    internal Activated<Interceptor>[] ActivateInterceptors(IServiceProvider services) =>
        _interceptors.Length == 0 ? [] : Array.ConvertAll(_interceptors, registration => registration.Activate(services));
}
