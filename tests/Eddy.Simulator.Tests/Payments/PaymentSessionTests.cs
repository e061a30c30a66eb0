using Eddy.Lightning;

namespace Eddy.Simulator.Tests.Payments;

/// <summary>SendPaymentV2 on the model: cheapest paths, retries, reasons of failure.</summary>
public sealed class PaymentSessionTests
{
    private static readonly MilliSatoshi Amount = MilliSatoshi.FromSatoshi(100_000);

    private readonly SimulatedNetwork _network = new();

    [Fact]
    public void The_cheaper_of_two_paths_is_taken_and_its_fee_paid()
    {
        var (a, b, c, d) = (Node(), Node(), Node(), Node());
        Open(a, b);
        Open(b, d, feePpm: 900);
        Open(a, c);
        Open(c, d, feePpm: 100);

        var payment = Pay(a, d, feeLimit: 1_000_000);

        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.Equal(c.Id, payment.Attempts.Single().Route.Hops[0].Node);
        Assert.Equal(new MilliSatoshi(1_000 + 10_000), payment.Fee);
        _network.AssertConserved();
    }

    [Fact]
    public void What_fails_on_the_way_is_avoided_next_time()
    {
        var (a, b, c, d) = (Node(), Node(), Node(), Node());
        Open(a, b);
        Open(b, d, feePpm: 1, openerSat: 20_000);
        Open(a, c);
        Open(c, d, feePpm: 100);

        var payment = Pay(a, d, feeLimit: 1_000_000);

        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.Equal([AttemptStatus.Failed, AttemptStatus.Succeeded], payment.Attempts.Select(attempt => attempt.Status));
        Assert.Equal(FailureCode.TemporaryChannelFailure, payment.Attempts[0].Failure!.Code);
    }

    [Fact]
    public void Reasons_are_told_apart()
    {
        var (a, b, c, lonely) = (Node(), Node(), Node(), Node());
        Open(a, b, openerSat: 300_000);
        Open(b, c);

        Assert.Equal(PaymentFailureReason.NoRoute, Pay(a, c, feeLimit: 10).FailureReason);
        Assert.Equal(PaymentFailureReason.InsufficientBalance, Pay(a, c, sat: 400_000, feeLimit: 1_000_000).FailureReason);
        Assert.Equal(PaymentFailureReason.NoRoute, Pay(a, lonely, feeLimit: 1_000_000).FailureReason);
        var wrong = Pay(a, c, feeLimit: 1_000_000, change: order => order with { PaymentAddr = Bytes32.Sha256("another"u8) });
        Assert.Equal(PaymentFailureReason.IncorrectPaymentDetails, wrong.FailureReason);
    }

    [Fact]
    public void A_payment_to_oneself_goes_round_a_ring_and_not_to_and_fro()
    {
        var (a, b, c) = (Node(), Node(), Node());
        Open(a, b, feePpm: 1);
        Open(b, c, feePpm: 500);
        Open(c, a, feePpm: 500);

        var payment = Pay(a, a, feeLimit: 1_000_000);

        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.Equal([c.Id, b.Id, a.Id], payment.Attempts.Single().Route.Hops.Select(hop => hop.Node!.Value));
        _network.AssertConserved();
    }

    [Fact]
    public void A_hash_is_paid_once()
    {
        var (a, b) = (Node(), Node());
        Open(a, b);
        var invoice = b.Invoices.Add(new() { Value = Amount }).Value;
        var order = Order(invoice, b, new(0));

        Assert.Null(a.Payments.SendPayment(order));
        Assert.Equal(RpcError.AlreadyExists("payment already exists"), a.Payments.SendPayment(order));
        _network.RunUntilIdle();

        Assert.Equal(RpcError.AlreadyExists("invoice is already paid"), a.Payments.SendPayment(order));
    }

    private static PaymentOrder Order(Invoice invoice, SimulatedNode payee, MilliSatoshi feeLimit) => new()
    {
        Hash = invoice.Hash,
        Destination = payee.Id,
        Amount = invoice.Value,
        PaymentAddr = invoice.PaymentAddr,
        FinalCltvDelta = invoice.CltvExpiry,
        FeeLimit = feeLimit,
    };

    private SimulatedNode Node() => _network.AddNode();

    private void Open(SimulatedNode opener, SimulatedNode peer, long feePpm = 10, long openerSat = 900_000)
    {
        var policy = new RoutingPolicy(1_000, feePpm, 80, new(1_000), new(0));
        _network.OpenChannel(opener, peer, new()
        {
            Capacity = MilliSatoshi.FromSatoshi(2_000_000),
            OpenerBalance = MilliSatoshi.FromSatoshi(openerSat),
            OpenerPolicy = policy,
            PeerPolicy = policy,
        });
    }

    private Payment Pay(SimulatedNode from, SimulatedNode to, long feeLimit, long sat = 100_000, Func<PaymentOrder, PaymentOrder>? change = null)
    {
        var invoice = to.Invoices.Add(new() { Value = MilliSatoshi.FromSatoshi(sat) }).Value;
        var order = Order(invoice, to, new(feeLimit));
        Assert.Null(from.Payments.SendPayment(change?.Invoke(order) ?? order));
        _network.RunUntilIdle();
        return from.Payments.Find(invoice.Hash)!;
    }
}
