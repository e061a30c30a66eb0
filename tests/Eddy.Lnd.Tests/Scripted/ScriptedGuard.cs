using Eddy.Protos.Lnrpc;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Eddy.Lnd.Tests.Scripted;

/// <summary>LND's front door: wallet state, macaroon, and the failures a test ordered.</summary>
internal sealed class ScriptedGuard(ScriptedLnd lnd) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(request, responseStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Admit(ServerCallContext context)
    {
        var method = context.Method[(context.Method.LastIndexOf('/') + 1)..];
        lnd.Calls.AddOrUpdate(method, 1, (_, count) => count + 1);
        if (lnd.Failures.TryGetValue(method, out var failure))
        {
            throw new RpcException(failure);
        }

        if (context.Method.StartsWith("/lnrpc.State/", StringComparison.Ordinal))
        {
            return;
        }

        var refusal = lnd.State switch
        {
            WalletState.NonExisting => "wallet not created, create one to enable full RPC access",
            WalletState.Locked => "wallet locked, unlock it to enable full RPC access",
            WalletState.Unlocked => "the RPC server is in the process of starting up, but not yet ready to accept calls",
            WalletState.WaitingToStart => "waiting to start, RPC services not available",
            _ => Authorize(context, method),
        };
        if (refusal is not null)
        {
            throw new RpcException(new Status(StatusCode.Unknown, refusal));
        }
    }

    private string? Authorize(ServerCallContext context, string method)
    {
        var macaroons = context.RequestHeaders.GetAll("macaroon").ToList();
        return macaroons.Count != 1 ? $"expected 1 macaroon, got {macaroons.Count}"
            : macaroons[0].Value != Convert.ToHexStringLower(lnd.Macaroon) ? "verification failed: signature mismatch after caveat verification"
            : lnd.Denied.Contains(method) ? "permission denied"
            : null;
    }
}
