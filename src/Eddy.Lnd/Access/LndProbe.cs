using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Lnd.Access;

/// <summary>What a look at LND found.</summary>
/// <param name="Node">The node, where it could be asked.</param>
/// <param name="Problems">What stands in the way; the first one is the most pressing.</param>
/// <param name="MissingOptionalMethods">What the macaroon does not allow and eddy can do without.</param>
public sealed record ProbeResult(NodeIdentity? Node, ImmutableArray<LndProblem> Problems, ImmutableArray<string> MissingOptionalMethods)
{
    public bool IsGood => Problems.IsEmpty;

    /// <summary>The process exit code of the first problem; 0 without one.</summary>
    public int ExitCode => Problems.IsEmpty ? 0 : Problems[0].ExitCode;
}

/// <summary>A look at LND before anything is started: for preflight checks and the command line.</summary>
public static class LndProbe
{
    /// <summary>What can be said without LND: address, certificate and macaroon. All mistakes at once.</summary>
    public static ImmutableArray<LndProblem> CheckFiles(LndOptions options)
    {
        var problems = ImmutableArray.CreateBuilder<LndProblem>();
        foreach (var check in (Action[])
        [
            () => LndAddress.Parse(options.Host),
            () => TlsCertificate.Read(options.TlsCertPath),
            () => Macaroon.Read(options.MacaroonPath),
        ])
        {
            try
            {
                check();
            }
            catch (LndProblemException exception)
            {
                problems.Add(exception.Problem);
            }
        }

        return problems.ToImmutable();
    }

    /// <summary>Looks once, without waiting for an LND that is locked or starting.</summary>
    public static async Task<ProbeResult> RunAsync(LndOptions options, CancellationToken cancellationToken)
    {
        var problems = CheckFiles(options);
        if (!problems.IsEmpty)
        {
            return new(null, problems, []);
        }

        NodeIdentity? node = null;
        try
        {
            using var connection = LndConnection.Open(options);
            node = (await Handshake.RunAsync(connection, options, cancellationToken)).Node;
            var missing = await RightsCheck.RunAsync(connection, cancellationToken);
            ImmutableArray<string> needed = [.. missing.Where(right => !right.IsOptional).Select(right => right.Method)];
            return new(
                node,
                needed.IsEmpty ? [] : [MacaroonRights.Lacking(needed)],
                [.. missing.Where(right => right.IsOptional).Select(right => right.Method)]);
        }
        catch (LndProblemException exception)
        {
            return new(node, [await NameMissingRightsAsync(exception.Problem, options, cancellationToken)], []);
        }
    }

    // A refused first call says only itself; what else is missing can be read from the macaroon.
    private static async Task<LndProblem> NameMissingRightsAsync(LndProblem problem, LndOptions options, CancellationToken cancellationToken)
    {
        if (problem.Kind != LndProblemKind.MissingRights)
        {
            return problem;
        }

        using var connection = LndConnection.Open(options);
        var missing = await RightsCheck.RunAsync(connection, cancellationToken);
        return MacaroonRights.Lacking(
            missing.Where(right => !right.IsOptional).Select(right => right.Method).Union(problem.MissingMethods));
    }
}

/// <summary>Which of the rights eddy needs the macaroon lacks.</summary>
internal static class RightsCheck
{
    /// <summary>
    /// Asks LND right by right. Where the macaroon may not even ask that, what is written in it decides: trying the calls themselves
    /// would mean to take the interceptor's place for a moment.
    /// </summary>
    /// <exception cref="LndProblemException">LND could not be asked.</exception>
    public static async Task<ImmutableArray<MacaroonRight>> RunAsync(LndConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var missing = ImmutableArray.CreateBuilder<MacaroonRight>();
            foreach (var right in MacaroonRights.All)
            {
                if (!await IsGrantedAsync(connection, right, cancellationToken))
                {
                    missing.Add(right);
                }
            }

            return missing.ToImmutable();
        }
        catch (RpcException exception) when (LndErrors.IsPermissionDenied(exception))
        {
            return FromIdentifier(connection);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LndProblemException(connection.Explain(exception, MacaroonRights.CheckPermissions));
        }
    }

    private static ImmutableArray<MacaroonRight> FromIdentifier(LndConnection connection) =>
        MacaroonIdentifier.ReadOperations(connection.MacaroonBytes.Span) is { } operations
            ? MacaroonRights.Missing(operations)
            : [.. MacaroonRights.All.Where(right => right.Method == MacaroonRights.CheckPermissions)];

    private static async Task<bool> IsGrantedAsync(LndConnection connection, MacaroonRight right, CancellationToken cancellationToken)
    {
        // LND grants a call to whoever may call the method itself or holds the method's own permission: ask for both.
        var request = new CheckMacPermRequest { Macaroon = connection.MacaroonBytes, FullMethod = right.Method };
        request.Permissions.Add(new MacaroonPermission { Entity = right.Entity, Action = right.Action });
        try
        {
            await connection.Lightning.CheckMacaroonPermissionsAsync(request, connection.Call(cancellationToken));
            return true;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.InvalidArgument)
        {
            return false;
        }
    }
}
