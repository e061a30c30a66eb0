using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;

namespace Eddy.Simulator.Grpc;

/// <summary>A node's root keys: bakes macaroons and checks them as LND does, to the text of the refusal. Safe for use from several threads.</summary>
public sealed class MacaroonBakery(TimeProvider clock)
{
    private const string Location = "lnd";
    private const string DefaultRootKeyId = "0";
    private const string TimeBefore = "time-before";
    private const string IpAddress = "ipaddr";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _rootKeys = new() { [DefaultRootKeyId] = RandomNumberGenerator.GetBytes(32) };

    public Macaroon Bake(ImmutableArray<MacaroonOp> ops, ulong rootKeyId = 0)
    {
        var key = rootKeyId.ToString(CultureInfo.InvariantCulture);
        byte[]? rootKey;
        lock (_lock)
        {
            if (!_rootKeys.TryGetValue(key, out rootKey))
            {
                rootKey = RandomNumberGenerator.GetBytes(32);
                _rootKeys.Add(key, rootKey);
            }
        }

        var id = new MacaroonId([.. RandomNumberGenerator.GetBytes(MacaroonId.NonceSize)], key, ops);
        return Macaroon.Create(rootKey, Location, id.ToBytes());
    }

    /// <summary>BakeMacaroon with LND's checks of what is asked for.</summary>
    public RpcResult<Macaroon> TryBake(ImmutableArray<MacaroonOp> ops, ulong rootKeyId, bool allowExternal)
    {
        var help = $"supported actions are [{string.Join(' ', MethodPermissions.Actions)}], "
            + $"supported entities are [{string.Join(' ', MethodPermissions.Entities)}]";
        if (ops.IsEmpty)
        {
            return RpcError.Plain($"permission list cannot be empty. specify at least one action/entity pair. {help}");
        }

        foreach (var op in allowExternal ? [] : ops)
        {
            if (!MethodPermissions.Entities.Contains(op.Entity))
            {
                return RpcError.Plain($"invalid permission entity. {help}");
            }

            if (op.Entity == MacaroonOp.UriEntity)
            {
                if (!MethodPermissions.ByMethod.ContainsKey(op.Action) && !UnservedMethods.Paths.Contains(op.Action))
                {
                    return RpcError.Plain("invalid permission action, must be an existing URI in the format /package.Service/MethodName");
                }
            }
            else if (!MethodPermissions.Actions.Contains(op.Action))
            {
                return RpcError.Plain($"invalid permission action. {help}");
            }
        }

        return Bake(ops, rootKeyId);
    }

    /// <summary>Checks the <c>macaroon</c> metadata of a call; null where the call may go on.</summary>
    /// <param name="entries">Every entry of that key, as hexadecimal text.</param>
    /// <param name="method">Full method path.</param>
    /// <param name="peer">The caller's IP address.</param>
    public RpcError? Authorize(IReadOnlyList<string> entries, string method, string peer)
    {
        if (!MethodPermissions.ByMethod.TryGetValue(method, out var needed))
        {
            return null;
        }

        if (entries.Count != 1)
        {
            return RpcError.Plain(string.Create(CultureInfo.InvariantCulture, $"expected 1 macaroon, got {entries.Count}"));
        }

        return DecodeHex(entries[0]).TryGet(out var bytes, out var error) ? Check(bytes, [needed], method, peer) : error;
    }

    /// <summary>CheckMacaroonPermissions: allowed by the operations, or else by <c>uri:</c> and the method; null where allowed.</summary>
    public RpcError? Check(ReadOnlySpan<byte> bytes, ImmutableArray<MacaroonOp> needed, string method, string peer)
    {
        if (!Macaroon.Parse(bytes).TryGet(out var macaroon, out var error))
        {
            return error;
        }

        if (MacaroonId.TryParse(macaroon.Id.AsSpan()) is not { } id)
        {
            return RpcError.Plain("invalid ID");
        }

        byte[]? rootKey;
        lock (_lock)
        {
            if (!_rootKeys.TryGetValue(id.RootKeyId, out rootKey))
            {
                return RpcError.Plain($"cannot retrieve macaroon: cannot get macaroon: root key with id {id.RootKeyId} doesn't exist");
            }
        }

        // Nothing asked for is allowed to anybody, as in LND: a forged signature only takes the operations away.
        var isGenuine = macaroon.IsSignedBy(rootKey);
        var broken = isGenuine ? macaroon.Caveats.Select(caveat => Violation(caveat, peer)).FirstOrDefault(text => text is not null) : null;
        var granted = isGenuine && broken is null ? id.Ops : [];
        if (needed.All(granted.Contains) || granted.Contains(new(MacaroonOp.UriEntity, method)))
        {
            return null;
        }

        return RpcError.Plain(
            !isGenuine ? "verification failed: signature mismatch after caveat verification" : broken ?? "permission denied");
    }

    private static RpcResult<byte[]> DecodeHex(string text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiHexDigit(character))
            {
                return RpcError.Plain($"encoding/hex: invalid byte: U+{(int)character:X4} '{character}'");
            }
        }

        return text.Length % 2 == 0 ? Convert.FromHexString(text) : RpcError.Plain("encoding/hex: odd length hex string");
    }

    private string? Violation(string caveat, string peer)
    {
        var space = caveat.IndexOf(' ', StringComparison.Ordinal);
        var (condition, argument) = space < 0 ? (caveat, "") : (caveat[..space], caveat[(space + 1)..]);
        var reason = condition switch
        {
            TimeBefore => DateTimeOffset.TryParse(argument, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end)
                ? clock.GetUtcNow() < end ? null : "macaroon has expired"
                : $"cannot parse \"{argument}\" as RFC 3339",
            IpAddress => argument == peer ? null : "macaroon locked to different IP address",
            _ => "caveat not recognized",
        };
        return reason is null ? null : $"caveat \"{caveat}\" not satisfied: {reason}";
    }
}
