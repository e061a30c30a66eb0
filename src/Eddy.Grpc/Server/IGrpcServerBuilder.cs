using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>What <see cref="GrpcServicesExtensions.AddGrpc(IServiceCollection)"/> leaves to be configured further.</summary>
public interface IGrpcServerBuilder
{
    IServiceCollection Services { get; }
}
