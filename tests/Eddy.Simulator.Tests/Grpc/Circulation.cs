using Eddy.Protos.Lnrpc;
using Eddy.Protos.Routerrpc;

namespace Eddy.Simulator.Tests.Grpc;

/// <summary>Payments along hand-made routes, as in the recordings: round the ring A, B, C, D and home again, or part of it.</summary>
internal static class Circulation
{
    public const long Amount = 100_000_000;

    private const uint Delta = 80;

    /// <summary>A waiver's answer: the fee is believed to have been paid.</summary>
    public static ForwardHtlcInterceptResponse Waive(ForwardHtlcInterceptRequest request) => new()
    {
        IncomingCircuitKey = request.IncomingCircuitKey,
        Action = ResolveHoldForwardAction.ResumeModified,
        InAmountMsat = request.OutgoingAmountMsat + (ulong)HopFee((long)request.OutgoingAmountMsat),
    };

    public static ForwardHtlcInterceptResponse Resume(ForwardHtlcInterceptRequest request) =>
        new() { IncomingCircuitKey = request.IncomingCircuitKey, Action = ResolveHoldForwardAction.Resume };

    public static async Task<AddInvoiceResponse> InvoiceAsync(LndClient client, long amount = Amount) =>
        await client.Lightning.AddInvoiceAsync(new() { ValueMsat = amount, Memo = "circulation" });

    /// <param name="rig">The network.</param>
    /// <param name="path">Sender, nodes on the way, and payee: <c>ABCDA</c>.</param>
    /// <param name="invoice">The payee's.</param>
    /// <param name="fees">Whether every hop gets its fee.</param>
    /// <param name="amount">What the payee gets, in msat.</param>
    /// <param name="finalDelta">Blocks the last HTLC has left.</param>
    public static async Task<Eddy.Protos.Routerrpc.SendToRouteRequest> RequestAsync(
        LndRig rig, string path, AddInvoiceResponse invoice, bool fees = false, long amount = Amount, uint finalDelta = Delta + 3)
    {
        var request = new Eddy.Protos.Routerrpc.SendToRouteRequest { PaymentHash = invoice.RHash, Route = new() };
        var expiry = finalDelta + await rig.Pump.InvokeAsync(network => network.Height);
        for (var i = path.Length - 1; i > 0; i--)
        {
            var (from, to) = (rig.Lnd(path[i - 1]).Node, rig.Lnd(path[i]).Node);
            request.Route.Hops.Insert(0, new Hop
            {
                ChanId = await rig.Pump.InvokeAsync(_ => from.Channels.First(end => end.Peer.Node == to).RouteId.Value),
                AmtToForwardMsat = amount,
                Expiry = expiry,
                PubKey = to.Id.ToString(),
            });
            if (i == path.Length - 1)
            {
                request.Route.Hops[0].MppRecord = new() { PaymentAddr = invoice.PaymentAddr, TotalAmtMsat = amount };
            }
            else
            {
                amount += fees ? HopFee(amount) : 0;
                expiry += Delta;
            }
        }

        request.Route.TotalAmtMsat = amount;
        request.Route.TotalTimeLock = expiry;
        return request;
    }

    /// <summary>What a hop of the recorded network asks.</summary>
    private static long HopFee(long outgoing) => 1_000 + (outgoing * 500 / 1_000_000);
}
