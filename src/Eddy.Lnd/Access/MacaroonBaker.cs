using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Lnd.Access;

/// <summary>A macaroon, or why there is none: one of the two.</summary>
public sealed record BakeResult(byte[]? Macaroon, LndProblem? Problem)
{
    /// <inheritdoc/>
    public override string ToString() => Problem is { } problem ? problem.ToString() : "(macaroon)";
}

/// <summary>Has LND bake the macaroon with the least rights, as the line of <see cref="MacaroonRights.BakeCommand"/> would.</summary>
public static class MacaroonBaker
{
    private const string Method = "/lnrpc.Lightning/BakeMacaroon";

    /// <param name="options">With the macaroon that may bake others, LND's admin macaroon: read for this one call and not kept.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<BakeResult> BakeAsync(LndOptions options, CancellationToken cancellationToken)
    {
        try
        {
            using var connection = LndConnection.Open(options);
            if (Handshake.Waiting(await connection.GetStateAsync(cancellationToken)) is { } waiting)
            {
                return new(null, waiting);
            }

            var request = new BakeMacaroonRequest { RootKeyId = MacaroonRights.RootKeyId };
            request.Permissions.AddRange(MacaroonRights.All.Select(right => new MacaroonPermission { Entity = "uri", Action = right.Method }));
            try
            {
                var answer = await connection.Lightning.BakeMacaroonAsync(request, connection.Call(cancellationToken));
                return new(Convert.FromHexString(answer.Macaroon), null);
            }
            catch (RpcException exception) when (LndErrors.IsPermissionDenied(exception))
            {
                return new(null, new(
                    LndProblemKind.MissingRights,
                    $"The macaroon {options.MacaroonPath} may not bake others.",
                    "Name LND's admin.macaroon, or run the line that 'eddy macaroon' prints where lncli may."));
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                return new(null, connection.Explain(exception, Method));
            }
            catch (FormatException)
            {
                return new(null, new(LndProblemKind.NotLnd, $"What listens at {options.Host} bakes no macaroons.", "Check that lnd.host is the gRPC address of an LND."));
            }
        }
        catch (LndProblemException exception)
        {
            return new(null, exception.Problem);
        }
    }
}
