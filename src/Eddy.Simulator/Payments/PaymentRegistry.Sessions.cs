using Eddy.Lightning;

namespace Eddy.Simulator;

// SendPaymentV2: paths are searched, and searched again without what failed.
public sealed partial class PaymentRegistry
{
    private const uint DefaultCltvLimit = 2_016;
    private const uint BlockPadding = 3;
    private const int MostAttempts = 100;

    /// <summary>
    /// Starts a payment; an error where it did not start. Follow it with <see cref="Track"/>. Always one HTLC at a time: where LND would
    /// split an amount that no channel can carry, this fails with NO_ROUTE.
    /// </summary>
    public RpcError? SendPayment(PaymentOrder order)
    {
        if (_payments.TryGetValue(order.Hash, out var known) && known.Status != PaymentStatus.Failed)
        {
            return RpcError.AlreadyExists(
                known.Status == PaymentStatus.Succeeded ? "invoice is already paid"
                : known.Attempts.Any(attempt => attempt.Status == AttemptStatus.InFlight) ? "payment is in transition"
                : "payment already exists");
        }

        var mpp = order.PaymentAddr is { } address ? new MppRecord(address, order.Amount) : null;
        Create(order.Hash, order.Amount, mpp);
        Store(_payments[order.Hash] with { PaymentRequest = order.PaymentRequest });
        var session = new Session(order, _node.Network.Now + order.Timeout);

        // The caller gets to see the payment before its first attempt.
        _node.Network.Timeline.Schedule(TimeSpan.Zero, () => TryNext(session));
        return null;
    }

    /// <summary>The cheapest route under an order's limits, with all that its last hop needs; null where there is none.</summary>
    internal Route? FindRoute(PaymentOrder order, Func<PathEdge, bool> allows)
    {
        var route = Pathfinder.Find(
            new(_node.Id, order.Destination, order.Amount, _node.Height + order.FinalCltvDelta + BlockPadding)
            {
                FeeLimit = order.FeeLimit,
                MaxExpiry = _node.Height + (order.CltvLimit == 0 ? DefaultCltvLimit : order.CltvLimit),
                LastHop = order.LastHop,
                Allows = edge => IsChosen(edge, order) && allows(edge),
            },
            Pathfinder.EdgesOf(_node, order.RouteHints, order.Destination));
        return route is null ? null : WithRecords(route, order);
    }

    private static Route WithRecords(Route route, PaymentOrder order)
    {
        var last = route.Hops[^1] with
        {
            CustomRecords = order.Records,
            Mpp = order.PaymentAddr is { } address ? new(address, order.Amount) : null,
        };
        return route with { Hops = route.Hops.SetItem(route.Hops.Length - 1, last) };
    }

    private bool IsChosen(PathEdge edge, PaymentOrder order) =>
        edge.From != _node.Id || order.OutgoingChannels.IsEmpty || order.OutgoingChannels.Any(id => _node.FindOwnChannel(id)?.RouteId == edge.Channel);

    private void TryNext(Session session)
    {
        var order = session.Order;
        if (!_node.IsRunning || _payments[order.Hash].IsFinal)
        {
            return;
        }

        if (_node.Network.Now >= session.Deadline || session.Attempts >= MostAttempts)
        {
            Abandon(order.Hash, PaymentFailureReason.Timeout);
            return;
        }

        if (FindRoute(order, edge => !session.Failed.Contains((edge.From, edge.To))) is not { } route)
        {
            Abandon(order.Hash, CouldPay(order) ? PaymentFailureReason.NoRoute : PaymentFailureReason.InsufficientBalance);
            return;
        }

        session.Attempts++;
        Launch(new() { Hash = order.Hash, Route = route, FirstHopCustomRecords = order.FirstHopRecords }, isSession: true, result =>
        {
            if (result.TryGet(out var attempt, out _) && attempt.Failure is { } failure)
            {
                OnAttemptFailed(session, attempt.Route, failure);
            }
        });
    }

    private void OnAttemptFailed(Session session, Route route, HtlcFailure failure)
    {
        var hash = session.Order.Hash;
        if (failure.SourceIndex >= route.Hops.Length)
        {
            Abandon(hash, failure.Code == FailureCode.MppTimeout ? PaymentFailureReason.Timeout : PaymentFailureReason.IncorrectPaymentDetails);
            return;
        }

        var from = failure.SourceIndex == 0 ? _node.Id : route.Hops[failure.SourceIndex - 1].Node!.Value;
        session.Failed.Add((from, route.Hops[failure.SourceIndex].Node!.Value));
        TryNext(session);
    }

    private bool CouldPay(PaymentOrder order)
    {
        var sum = MilliSatoshi.Zero;
        foreach (var end in _node.Channels)
        {
            sum += end.IsActive ? end.Spendable : MilliSatoshi.Zero;
        }

        return sum >= order.Amount;
    }

    private void Abandon(PaymentHash hash, PaymentFailureReason reason) => Store(Conclude(_payments[hash] with { FailureReason = reason }));

    private sealed class Session(PaymentOrder order, DateTimeOffset deadline)
    {
        public PaymentOrder Order => order;

        public DateTimeOffset Deadline => deadline;

        public int Attempts { get; set; }

        public HashSet<(NodeId From, NodeId To)> Failed { get; } = [];
    }
}
