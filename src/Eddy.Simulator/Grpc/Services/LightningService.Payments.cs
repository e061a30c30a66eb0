using Eddy.Lightning;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Simulator.Grpc;

// Payments made, and routes that could be.
internal sealed partial class LightningService
{
    private const ulong DefaultPayments = 100;
    private const uint DefaultFinalDelta = 80;
    private const double CertainSuccess = 1;

    public override Task<ListPaymentsResponse> ListPayments(ListPaymentsRequest request, ServerCallContext context) => access.ReadAsync(node =>
    {
        var unlimited = request.MaxPayments == 0 && !node.Version.LimitsListPayments;
        var most = unlimited ? int.MaxValue : (int)Math.Min(int.MaxValue, request.MaxPayments == 0 ? DefaultPayments : request.MaxPayments);
        var payments = node.Payments.All
            .Where(payment => request.IncludeIncomplete || payment.Status == PaymentStatus.Succeeded)
            .Where(payment => request.CreationDateStart == 0 || payment.CreationTime.ToUnixTimeSeconds() >= (long)request.CreationDateStart)
            .Where(payment => request.CreationDateEnd == 0 || payment.CreationTime.ToUnixTimeSeconds() <= (long)request.CreationDateEnd);
        var page = request.Reversed
            ? payments.Where(payment => request.IndexOffset == 0 || payment.PaymentIndex < request.IndexOffset).TakeLast(most).ToList()
            : payments.Where(payment => payment.PaymentIndex > request.IndexOffset).Take(most).ToList();
        var messages = new PaymentMessages(node);
        var answer = new ListPaymentsResponse
        {
            FirstIndexOffset = page.Count == 0 ? 0 : page[0].PaymentIndex,
            LastIndexOffset = page.Count == 0 ? 0 : page[^1].PaymentIndex,
            TotalNumPayments = request.CountTotalPayments ? (ulong)node.Payments.All.Count() : 0,
        };
        answer.Payments.AddRange(page.Select(messages.ToMessage));
        return answer;
    });

    public override Task<QueryRoutesResponse> QueryRoutes(QueryRoutesRequest request, ServerCallContext context)
    {
        if (!NodeId.TryParse(request.PubKey, out var destination))
        {
            throw RpcError.Plain($"invalid vertex string length of {request.PubKey.Length}, want {2 * NodeId.Size}").ToException();
        }

        var amount = request.AmtMsat != 0 ? new(request.AmtMsat) : MilliSatoshi.FromSatoshi(request.Amt);
        var ignoredNodes = request.IgnoredNodes.ToHashSet();
        var ignoredPairs = request.IgnoredPairs.Select(pair => (pair.From, pair.To)).ToHashSet();
        return access.CallAsync<QueryRoutesResponse>(node =>
        {
            var source = NodeId.TryParse(request.SourcePubKey, out var other) ? other : node.Id;
            var query = new PathQuery(source, destination, amount, node.Height + (request.FinalCltvDelta == 0 ? DefaultFinalDelta : (uint)request.FinalCltvDelta))
            {
                FeeLimit = FeeLimitOf(request.FeeLimit, amount),
                MaxExpiry = request.CltvLimit == 0 ? uint.MaxValue : node.Height + request.CltvLimit,
                LastHop = NodeId.TryFrom(request.LastHopPubkey.Span, out var last) ? last : null,
                Allows = edge =>
                    !ignoredNodes.Contains(edge.From.ToByteString())
                    && !ignoredNodes.Contains(edge.To.ToByteString())
                    && !ignoredPairs.Contains((edge.From.ToByteString(), edge.To.ToByteString()))
                    && (request.OutgoingChanIds.Count == 0 || edge.From != source || request.OutgoingChanIds.Contains(edge.Channel.Value)),
            };
            if (Pathfinder.Find(query, Pathfinder.EdgesOf(node, [], destination)) is not { } route)
            {
                return RpcError.Plain("unable to find a path to destination");
            }

            var answer = new QueryRoutesResponse { SuccessProb = CertainSuccess };
            answer.Routes.Add(new PaymentMessages(node).ToMessage(route));
            return answer;
        });
    }

    private static MilliSatoshi FeeLimitOf(FeeLimit? limit, MilliSatoshi amount) => limit?.LimitCase switch
    {
        FeeLimit.LimitOneofCase.Fixed => MilliSatoshi.FromSatoshi(limit.Fixed),
        FeeLimit.LimitOneofCase.FixedMsat => new(limit.FixedMsat),
        FeeLimit.LimitOneofCase.Percent => new(amount.Value / 100 * limit.Percent),
        _ => amount,
    };
}
