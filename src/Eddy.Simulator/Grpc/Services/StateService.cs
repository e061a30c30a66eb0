using Grpc.Core;
using Lnrpc = Eddy.Protos.Lnrpc;

namespace Eddy.Simulator.Grpc;

/// <summary>The State service: works in every state and without a macaroon.</summary>
internal sealed class StateService(NodeAccess access) : Lnrpc.State.StateBase
{
    public override async Task<Lnrpc.GetStateResponse> GetState(Lnrpc.GetStateRequest request, ServerCallContext context) =>
        new() { State = await access.ReadAsync(node => ToMessage(node.State)) };

    public override Task SubscribeState(
        Lnrpc.SubscribeStateRequest request, IServerStreamWriter<Lnrpc.SubscribeStateResponse> responseStream, ServerCallContext context) =>
        access.FollowAsync(context, responseStream, (node, queue) =>
        {
            queue.TryWrite(new() { State = ToMessage(node.State) });
            return node.StateChanges.Subscribe(state =>
            {
                if (node.IsReachable)
                {
                    queue.TryWrite(new() { State = ToMessage(state) });
                }
                else
                {
                    queue.TryComplete(RpcError.Plain("server exiting").ToException());
                }
            });
        });

    private static Lnrpc.WalletState ToMessage(WalletState state) => (Lnrpc.WalletState)state;
}
