using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

/// <summary>lnrpc.Lightning: the node itself. The other parts of the service are in the files beside this one.</summary>
internal sealed partial class LightningService(NodeAccess access) : Protos.Lnrpc.Lightning.LightningBase
{
    private const string Loopback = "127.0.0.1";
    private const string Color = "#3399ff";

    public override Task<GetInfoResponse> GetInfo(GetInfoRequest request, ServerCallContext context) => access.ReadAsync(node =>
    {
        var version = node.Version;
        var answer = new GetInfoResponse
        {
            Version = $"{version} commit={VersionerService.CommitOf(version)}",
            CommitHash = VersionerService.CommitHashOf(version),
            IdentityPubkey = node.Id.ToString(),
            Alias = node.Alias,
            Color = Color,
            NumActiveChannels = (uint)node.Channels.Count(end => end.IsActive),
            NumInactiveChannels = (uint)node.Channels.Count(end => end is { IsOpen: true, IsActive: false }),
            NumPeers = (uint)node.PeerLinks.Count(link => link.IsConnected),
            BlockHeight = node.Height,
            BlockHash = Chain.BlockHash(node.Network.Options, node.Height).ToString(),
            BestHeaderTimestamp = node.Network.Now.ToUnixTimeSeconds(),
            SyncedToChain = true,
            SyncedToGraph = true,
            RequireHtlcInterceptor = node.Interceptor.IsRequired,
            WalletSynced = version.IsAtLeast(21, 0),
            GraphCacheStatus = version.IsAtLeast(21, 0) ? GraphCacheStatus.Loaded : default,
        };
#pragma warning disable CS0612 // deprecated, and still filled by LND
        answer.Testnet = node.Network.Options.Chain is "testnet" or "testnet4";
        answer.Chains.Add(new Protos.Lnrpc.Chain { Chain_ = "bitcoin", Network = node.Network.Options.Chain });
#pragma warning restore CS0612
        answer.Uris.Add($"{node.Id}@{node.Address}");
        answer.Features.AddFeatures(FeatureMessages.Node);
        return answer;
    });

    public override Task<WalletBalanceResponse> WalletBalance(WalletBalanceRequest request, ServerCallContext context) =>
        Task.FromResult(new WalletBalanceResponse());

    public override Task<ChannelBalanceResponse> ChannelBalance(ChannelBalanceRequest request, ServerCallContext context) =>
        access.ReadAsync(node =>
        {
            var answer = new ChannelBalanceResponse
            {
                LocalBalance = ToAmount(node.ChannelBalance),
                RemoteBalance = ToAmount(node.RemoteChannelBalance),
                UnsettledLocalBalance = ToAmount(node.UnsettledLocalBalance),
                UnsettledRemoteBalance = ToAmount(node.UnsettledRemoteBalance),
                PendingOpenLocalBalance = new(),
                PendingOpenRemoteBalance = new(),
            };
#pragma warning disable CS0612 // deprecated, and still filled by LND
            answer.Balance = node.ChannelBalance.Satoshi;
#pragma warning restore CS0612
            return answer;
        });

    public override async Task<SignMessageResponse> SignMessage(SignMessageRequest request, ServerCallContext context) =>
        new() { Signature = await access.CallAsync(node => node.SignMessage(request.Msg.Span, request.SingleHash)) };

    public override async Task<VerifyMessageResponse> VerifyMessage(VerifyMessageRequest request, ServerCallContext context)
    {
        var verified = await access.CallAsync(node => node.VerifyMessage(request.Msg.Span, request.Signature));
        return new() { Valid = verified.IsValid, Pubkey = verified.Signer?.ToString() ?? "" };
    }

    public override Task<BakeMacaroonResponse> BakeMacaroon(BakeMacaroonRequest request, ServerCallContext context)
    {
        var baked = access.Bakery.TryBake(ToOps(request.Permissions), request.RootKeyId, request.AllowExternalPermissions);
        return baked.TryGet(out var macaroon, out var error)
            ? Task.FromResult(new BakeMacaroonResponse { Macaroon = Convert.ToHexStringLower(macaroon.ToBytes()) })
            : throw error.ToException();
    }

    public override Task<CheckMacPermResponse> CheckMacaroonPermissions(CheckMacPermRequest request, ServerCallContext context)
    {
        var ops = ToOps(request.Permissions);
        if (request.CheckDefaultPermsFromFullMethod && access.Version.IsAtLeast(20, 0))
        {
            if (!ops.IsEmpty)
            {
                throw RpcError.Plain(
                    "cannot check default permissions from full method and from provided permission list at the same time").ToException();
            }

            if (request.FullMethod.Length == 0)
            {
                throw RpcError.Plain("cannot check default permissions from full method without providing the full method name").ToException();
            }

            ops = MethodPermissions.ByMethod.TryGetValue(request.FullMethod, out var needed)
                ? [needed]
                : throw RpcError.Plain($"no permissions found for full method {request.FullMethod}").ToException();
        }

        return access.Bakery.Check(request.Macaroon.Span, ops, request.FullMethod, Loopback) is { } error
            ? throw RpcError.InvalidArgument(error.Message).ToException()
            : Task.FromResult(new CheckMacPermResponse { Valid = true });
    }

    private static Amount ToAmount(MilliSatoshi value) => new() { Sat = (ulong)value.Satoshi, Msat = value.ToUnsigned() };

    private static ImmutableArray<MacaroonOp> ToOps(IEnumerable<MacaroonPermission> permissions) =>
        [.. permissions.Select(permission => new MacaroonOp(permission.Entity, permission.Action))];
}
