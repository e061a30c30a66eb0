using System.Collections;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>How gRPC services are served.</summary>
public class GrpcServiceOptions
{
    /// <summary>The longest response in bytes; null, the default, for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The longest request in bytes; default 4 MiB, null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Whether the text of a handler's unexpected exception goes to the caller; default no.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>What stands before every handler; the first added sees a call first.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}

/// <summary>The server's interceptors, in order.</summary>
public class InterceptorCollection : IReadOnlyCollection<InterceptorRegistration>
{
    private readonly List<InterceptorRegistration> _registrations = [];

    public int Count => _registrations.Count;

    /// <summary>Adds an interceptor: without arguments the registered service if there is one, else a new one per call.</summary>
    public void Add<TInterceptor>(params object[] args)
        where TInterceptor : Interceptor => Add(typeof(TInterceptor), args);

    /// <inheritdoc cref="Add{TInterceptor}"/>
    public void Add(Type interceptorType, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(interceptorType);
        ArgumentNullException.ThrowIfNull(args);
        if (!interceptorType.IsSubclassOf(typeof(Interceptor)))
        {
            throw new ArgumentException($"{interceptorType} is not an interceptor.", nameof(interceptorType));
        }

        _registrations.Add(new InterceptorRegistration(interceptorType, args));
    }

    public IEnumerator<InterceptorRegistration> GetEnumerator() => _registrations.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>An interceptor and how it is made.</summary>
public class InterceptorRegistration
{
    private readonly object[] _arguments;
    private readonly ObjectFactory _create;

    internal InterceptorRegistration(Type type, object[] arguments)
    {
        Type = type;
        _arguments = arguments;
        _create = ActivatorUtilities.CreateFactory(type, [.. arguments.Select(argument => argument.GetType())]);
    }

    public Type Type { get; }

    public IReadOnlyList<object> Arguments => _arguments;

    internal Activated<Interceptor> Activate(IServiceProvider services) =>
        _arguments.Length == 0 && services.GetService(Type) is Interceptor registered
            ? new Activated<Interceptor>(registered, IsOwned: false)
            : new Activated<Interceptor>((Interceptor)_create(services, _arguments), IsOwned: true);
}
