using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A node's payments by SendToRouteV2: attempts, their outcomes, and the rules about sending one hash twice. Kept over restarts.</summary>
public sealed partial class PaymentRegistry
{
    private static readonly RpcError ShuttingDown = RpcError.Plain("htlcswitch shutting down");

    private readonly SimulatedNode _node;
    private readonly SeededRandom _random;
    private readonly Dictionary<PaymentHash, Payment> _payments = [];
    private readonly SortedDictionary<ulong, Payment> _byIndex = [];
    private readonly Dictionary<PaymentHash, MppRecord?> _terms = [];
    private readonly Dictionary<ulong, Attempt> _attempts = [];
    private readonly Dictionary<PaymentHash, Broadcast<Payment>> _trackers = [];
    private ulong _nextAttempt;
    private ulong _nextPayment;

    internal PaymentRegistry(SimulatedNode node)
    {
        _node = node;
        _random = new SeededRandom(node.Network.Options.Seed).Fork($"payments {node.Index}");
    }

    /// <summary>Every new state of every payment.</summary>
    public Broadcast<Payment> Changes { get; } = new();

    /// <summary>In order of creation; a payment that was started afresh has a new place.</summary>
    public IEnumerable<Payment> All => _byIndex.Values;

    /// <summary>Calls in flight.</summary>
    public int InFlight => _attempts.Count;

    public Payment? Find(PaymentHash hash) => _payments.GetValueOrDefault(hash);

    /// <summary>
    /// SendToRouteV2. <paramref name="done"/> is called once, perhaps before this returns: with the attempt when LND has one to show, its
    /// failures included, and with an error otherwise. Nothing the caller does stops the payment.
    /// </summary>
    public void SendToRoute(SendToRouteRequest request, Action<RpcResult<HtlcAttempt>> done)
    {
        if (RouteCheck.Check(request, _node, out var hops) is { } error)
        {
            done(error);
            return;
        }

        var mpp = hops[^1].Mpp;
        if (Register(request, mpp) is { } refusal)
        {
            done(refusal);
            return;
        }

        Launch(request with { Route = request.Route with { Hops = hops } }, isSession: false, done);
    }

    /// <summary>
    /// TrackPaymentV2: <paramref name="handler"/> gets the present state before this returns, then every change; the payment's own
    /// <see cref="Payment.IsFinal"/> says when nothing more will come.
    /// </summary>
    public RpcResult<Subscription> Track(PaymentHash hash, Action<Payment> handler)
    {
        if (!_payments.TryGetValue(hash, out var payment))
        {
            return RpcError.NotFound("payment isn't initiated");
        }

        if (!_trackers.TryGetValue(hash, out var tracker))
        {
            _trackers.Add(hash, tracker = new());
        }

        var subscription = tracker.Subscribe(handler);
        handler(payment);
        return subscription;
    }

    internal void OnSettled(ulong attemptId, Preimage preimage)
    {
        if (!_attempts.Remove(attemptId, out var attempt))
        {
            return;
        }

        Finish(attemptId, attempt, result => result with { Status = AttemptStatus.Succeeded, Preimage = preimage });
    }

    internal void OnFailed(ulong attemptId, HtlcFailure failure)
    {
        if (!_attempts.Remove(attemptId, out var attempt))
        {
            return;
        }

        Finish(attemptId, attempt, result => result with { Status = AttemptStatus.Failed, Failure = failure });
    }

    /// <summary>Calls end; the payments go on.</summary>
    internal void OnStop()
    {
        foreach (var id in _attempts.Keys.Order().ToArray())
        {
            var attempt = _attempts[id];
            _attempts[id] = attempt with { Done = _ => { }, IsSession = false };
            attempt.Done(ShuttingDown);
        }

        _trackers.Clear();
    }

    /// <summary>Sends an attempt for a payment that is registered.</summary>
    private void Launch(SendToRouteRequest request, bool isSession, Action<RpcResult<HtlcAttempt>> done)
    {
        var attempt = new HtlcAttempt
        {
            AttemptId = ++_nextAttempt,
            Status = AttemptStatus.InFlight,
            Route = request.Route,
            FirstHopCustomRecords = request.FirstHopCustomRecords,
            AttemptTime = _node.Network.Now,
        };
        _attempts.Add(attempt.AttemptId, new(request.Hash, request.SkipTempErr, done) { IsSession = isSession });
        var payment = _payments[request.Hash];
        Store(payment with { Attempts = payment.Attempts.Add(attempt), Status = PaymentStatus.InFlight });

        var hops = request.Route.Hops;
        if (RouteCheck.IsOversized(hops))
        {
            OnFailed(attempt.AttemptId, new(FailureCode.InternalFailure, 0));
            return;
        }

        var terms = new HtlcTerms(
            request.Route.TotalAmount.Value,
            request.Hash,
            request.Route.TotalTimeLock,
            new Onion(hops, _random.NextUInt64()),
            HopIndex: 0,
            request.FirstHopCustomRecords);
        if (_node.Switch.SendLocal(hops[0].ChannelId, terms, attempt.AttemptId) is { } failure)
        {
            OnFailed(attempt.AttemptId, failure);
        }
    }

    private RpcError? Register(SendToRouteRequest request, MppRecord? mpp)
    {
        var amount = mpp?.Total ?? request.Route.ReceiverAmount;
        if (!_payments.TryGetValue(request.Hash, out var payment) || payment.Status == PaymentStatus.Failed)
        {
            Create(request.Hash, amount, mpp);
            return null;
        }

        if (payment.Status == PaymentStatus.Succeeded)
        {
            return RpcError.AlreadyExists("invoice is already paid");
        }

        var hasFlying = payment.Attempts.Any(attempt => attempt.Status == AttemptStatus.InFlight);
        if (mpp is null)
        {
            return RpcError.AlreadyExists(hasFlying ? "payment is in transition" : "payment already exists");
        }

        return CheckShard(payment, request.Route.ReceiverAmount, mpp);
    }

    private RpcError? CheckShard(Payment payment, MilliSatoshi amount, MppRecord mpp)
    {
        if (payment.Attempts.Any(attempt => attempt.Status == AttemptStatus.Succeeded))
        {
            return RpcError.Plain("payment has settled htlcs");
        }

        if (payment.FailureReason != PaymentFailureReason.None)
        {
            return RpcError.Plain("payment has failure reason");
        }

        if (_terms[payment.Hash] is not { } terms)
        {
            return RpcError.Plain("cannot register MPP attempt for non-MPP payment");
        }

        if (terms.PaymentAddr != mpp.PaymentAddr)
        {
            return RpcError.Plain("payment address mismatch");
        }

        if (terms.Total != mpp.Total)
        {
            return RpcError.Plain("mp payment total amount mismatch");
        }

        var sent = amount;
        foreach (var attempt in payment.Attempts.Where(attempt => attempt.Status != AttemptStatus.Failed))
        {
            sent += attempt.Route.ReceiverAmount;
        }

        return sent > payment.Value
            ? RpcError.Plain(
                $"attempted value exceeds payment amount: attempted={sent.Value} mSAT, payment amount={payment.Value.Value} mSAT")
            : null;
    }

    private void Create(PaymentHash hash, MilliSatoshi amount, MppRecord? mpp)
    {
        if (_payments.Remove(hash, out var failed))
        {
            _byIndex.Remove(failed.PaymentIndex);
        }

        _terms[hash] = mpp;
        var payment = new Payment
        {
            Hash = hash,
            Value = amount,
            Status = PaymentStatus.InFlight,
            Fee = MilliSatoshi.Zero,
            CreationTime = _node.Network.Now,
            Attempts = [],
            PaymentIndex = ++_nextPayment,
            FailureReason = PaymentFailureReason.None,
        };
        _payments.Add(hash, payment);
        _byIndex.Add(payment.PaymentIndex, payment);
    }

    private void Finish(ulong attemptId, Attempt attempt, Func<HtlcAttempt, HtlcAttempt> resolve)
    {
        var payment = _payments[attempt.Hash];
        var index = payment.Attempts.Select((candidate, i) => (candidate, i)).First(pair => pair.candidate.AttemptId == attemptId).i;
        var resolved = resolve(payment.Attempts[index]) with { ResolveTime = _node.Network.Now };
        payment = payment with { Attempts = payment.Attempts.SetItem(index, resolved) };

        // With skip_temp_err the failure of one shard leaves the payment open for others; a session searches on.
        var mayGoOn = attempt.IsSession || (attempt.SkipTempErr && resolved.Failure?.Code == FailureCode.TemporaryChannelFailure);
        if (resolved.Status == AttemptStatus.Failed && !mayGoOn && payment.FailureReason == PaymentFailureReason.None)
        {
            payment = payment with { FailureReason = PaymentFailureReason.Error };
        }

        Store(Conclude(payment));
        attempt.Done(resolved);
    }

    private static Payment Conclude(Payment payment)
    {
        var fee = MilliSatoshi.Zero;
        Preimage? preimage = null;
        var isFlying = false;
        foreach (var attempt in payment.Attempts)
        {
            fee += attempt.Status == AttemptStatus.Failed ? MilliSatoshi.Zero : attempt.Route.TotalFees;
            preimage ??= attempt.Preimage;
            isFlying |= attempt.Status == AttemptStatus.InFlight;
        }

        var status = isFlying ? PaymentStatus.InFlight
            : preimage is not null ? PaymentStatus.Succeeded
            : payment.FailureReason != PaymentFailureReason.None ? PaymentStatus.Failed
            : PaymentStatus.InFlight;
        return payment with
        {
            Fee = fee,
            Preimage = preimage,
            Status = status,
            FailureReason = status == PaymentStatus.Succeeded ? PaymentFailureReason.None : payment.FailureReason,
        };
    }

    private void Store(Payment payment)
    {
        _payments[payment.Hash] = payment;
        _byIndex[payment.PaymentIndex] = payment;
        Changes.Publish(payment);
        if (_trackers.TryGetValue(payment.Hash, out var tracker))
        {
            tracker.Publish(payment);
            if (payment.IsFinal)
            {
                _trackers.Remove(payment.Hash);
            }
        }
    }

    private sealed record Attempt(PaymentHash Hash, bool SkipTempErr, Action<RpcResult<HtlcAttempt>> Done)
    {
        /// <summary>Part of a SendPaymentV2, which decides itself whether its failure is the payment's.</summary>
        public bool IsSession { get; init; }
    }
}
