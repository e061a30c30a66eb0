using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Eddy.Protos.Verrpc;
using Grpc.Core;

namespace Eddy.Lnd.Access;

/// <summary>Whom we talk to.</summary>
internal sealed record Greeting(NodeIdentity Node, LndVersion Version, WalletState State);

/// <summary>The first calls on a connection: state, version, network.</summary>
internal static class Handshake
{
    private const string GetInfoMethod = "/lnrpc.Lightning/GetInfo";

    /// <exception cref="LndProblemException">LND is not ready, not the right one, or refuses us.</exception>
    public static async Task<Greeting> RunAsync(LndConnection connection, LndOptions options, CancellationToken cancellationToken)
    {
        var state = await connection.GetStateAsync(cancellationToken);
        if (Waiting(state) is { } waiting)
        {
            throw new LndProblemException(waiting);
        }

        try
        {
            var info = await connection.Lightning.GetInfoAsync(new GetInfoRequest(), connection.Call(cancellationToken));
            var version = await GetVersionAsync(connection, info, cancellationToken);
            return new(Identify(info, version, options), version, state);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LndProblemException(connection.Explain(exception, GetInfoMethod));
        }
    }

    /// <summary>What keeps LND from answering in this state; null from RPC_ACTIVE on.</summary>
    public static LndProblem? Waiting(WalletState state) => state switch
    {
        WalletState.NonExisting => LndErrors.WalletMissing,
        WalletState.Locked => LndErrors.WalletLocked,
        WalletState.RpcActive or WalletState.ServerActive => null,
        _ => LndErrors.StartingUp,
    };

    private static async Task<LndVersion> GetVersionAsync(LndConnection connection, GetInfoResponse info, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await connection.Versioner.GetVersionAsync(new VersionRequest(), connection.Call(cancellationToken));
            return new(answer.AppMajor, answer.AppMinor, answer.AppPatch);
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            // An optional right: GetInfo's text says the same.
            if (LndVersion.TryParse(info.Version, out var version))
            {
                return version;
            }

            throw;
        }
    }

    private static NodeIdentity Identify(GetInfoResponse info, LndVersion version, LndOptions options)
    {
        if (!version.IsSupported)
        {
            throw new LndProblemException(new(
                LndProblemKind.VersionTooOld,
                $"LND {version} is too old: an interceptor can waive fees from {LndVersion.Oldest}-beta on.",
                "Upgrade LND."));
        }

        var network = info.Chains.Count > 0 ? info.Chains[0].Network : "";
        if (options.Network is { } expected && !expected.Equals(network, StringComparison.OrdinalIgnoreCase))
        {
            throw new LndProblemException(new(
                LndProblemKind.WrongNetwork,
                $"LND at {options.Host} runs on {network}, and lnd.network says {expected}.",
                "Correct lnd.network, or lnd.host and its certificate and macaroon."));
        }

        return NodeId.TryParse(info.IdentityPubkey, out var id)
            ? new(id, info.Alias, network, ChainNetwork.Genesis(network), info.Version.Split(' ')[0], info.BlockHeight, version.MinFinalCltv)
            : throw new LndProblemException(new(
                LndProblemKind.NotLnd,
                $"What answers at {options.Host} names '{info.IdentityPubkey}' as its node key.",
                "Check that lnd.host is the gRPC address of an LND."));
    }
}
