using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A node's invoices and the HTLCs that pay them.</summary>
public sealed class InvoiceRegistry
{
    private readonly SimulatedNode _node;
    private readonly SeededRandom _random;
    private readonly Dictionary<PaymentHash, Invoice> _invoices = [];
    private readonly List<PaymentHash> _order = [];
    private readonly Dictionary<CircuitKey, PendingExit> _pending = [];
    private readonly HashSet<PaymentHash> _acceptedHolds = [];
    private ulong _settleIndex;

    internal InvoiceRegistry(SimulatedNode node)
    {
        _node = node;
        _random = new SeededRandom(node.Network.Options.Seed).Fork($"invoices {node.Index}");
    }

    /// <summary>Every new state of every invoice. SubscribeInvoices shows additions and settlements of these, SubscribeSingleInvoice all.</summary>
    public Broadcast<Invoice> Changes { get; } = new();

    /// <summary>In order of addition.</summary>
    public IEnumerable<Invoice> All => _order.Select(hash => _invoices[hash]);

    /// <summary>AddInvoice and AddHoldInvoice.</summary>
    public RpcResult<Invoice> Add(InvoiceRequest request)
    {
        if (InvoiceLimits.Check(request, _node.Version) is { } error)
        {
            return error;
        }

        Preimage? preimage = request.HoldHash is null ? request.Preimage ?? new Preimage(new Bytes32(_random.NextBytes(Bytes32.Size))) : null;
        var hash = request.HoldHash ?? preimage!.Value.Hash();
        if (_invoices.ContainsKey(hash))
        {
            return RpcError.Plain("invoice with payment hash already exists");
        }

        var invoice = new Invoice
        {
            Hash = hash,
            Preimage = preimage,
            Memo = request.Memo,
            DescriptionHash = request.DescriptionHash,
            Value = request.Value,
            CreationDate = _node.Network.Now,
            Expiry = TimeSpan.FromSeconds(request.ExpirySeconds == 0 ? InvoiceLimits.DefaultExpirySeconds : request.ExpirySeconds),
            CltvExpiry = (uint)(request.CltvExpiry == 0 ? InvoiceLimits.DefaultCltvExpiry : request.CltvExpiry),
            AddIndex = (ulong)_order.Count + 1,
            PaymentAddr = new(_random.NextBytes(Bytes32.Size)),
            IsPrivate = request.IsPrivate,
            IsHold = request.HoldHash is not null,
        };
        var unsigned = invoice;
        invoice = invoice with { SignedRequest = new(() => Bolt11.Encode(unsigned, _node.Key, _node.Network.Options.Chain)) };
        _invoices.Add(hash, invoice);
        _order.Add(hash);
        _node.Network.Timeline.Schedule(invoice.Expiry, () => Expire(hash), isBackground: true);
        Changes.Publish(invoice);
        return invoice;
    }

    /// <summary>LookupInvoice by hash.</summary>
    public RpcResult<Invoice> Lookup(PaymentHash hash) =>
        _invoices.TryGetValue(hash, out var invoice) ? invoice
        : RpcError.NotFound(_invoices.Count == 0 ? "there are no existing invoices" : "unable to locate invoice");

    /// <summary>CancelInvoice; a cancelled invoice may be cancelled again.</summary>
    public RpcError? Cancel(PaymentHash hash)
    {
        if (!_invoices.TryGetValue(hash, out var invoice))
        {
            return RpcError.NotFound("unable to locate invoice");
        }

        if (invoice.State == InvoiceState.Settled)
        {
            return RpcError.Plain("invoice already settled");
        }

        if (invoice.State != InvoiceState.Canceled)
        {
            CancelWith(invoice, FailureDetail.InvoiceCanceled);
        }

        return null;
    }

    /// <summary>SettleInvoice of a hold invoice; a settled invoice may be settled again.</summary>
    public RpcError? Settle(Preimage preimage)
    {
        if (!_invoices.TryGetValue(preimage.Hash(), out var invoice))
        {
            return RpcError.NotFound("unable to locate invoice");
        }

        switch (invoice.State)
        {
            case InvoiceState.Settled:
                return null;
            case InvoiceState.Canceled:
                return RpcError.Plain("invoice already canceled");
            case InvoiceState.Open:
                return RpcError.Plain("invoice still open");
            default:
                SettleWith(invoice, preimage);
                return null;
        }
    }

    /// <summary>An HTLC whose route ends here.</summary>
    internal void OnExitHtlc(Htlc htlc, RouteHop hop)
    {
        // Offered again after a reconnect: it waits already.
        if (_pending.ContainsKey(htlc.IncomingKey))
        {
            return;
        }

        if (htlc.Amount < hop.AmountToForward)
        {
            Fail(htlc, FailureCode.FinalIncorrectHtlcAmount, FailureDetail.NoDetail);
        }
        else if (htlc.Expiry < hop.Expiry)
        {
            Fail(htlc, FailureCode.FinalIncorrectCltvExpiry, FailureDetail.NoDetail);
        }
        else if (Judge(htlc, hop, out var invoice) is { } detail)
        {
            Fail(htlc, FailureCode.IncorrectOrUnknownPaymentDetails, detail);
        }
        else
        {
            Accept(invoice!, htlc, hop);
        }
    }

    internal void OnBlock()
    {
        foreach (var hash in _acceptedHolds.ToArray())
        {
            var invoice = _invoices[hash];
            if (Accepted(invoice).Any(htlc => _node.Height + _node.Version.HoldExpiryDelta >= htlc.ExpiryHeight))
            {
                CancelWith(invoice, FailureDetail.InvoiceCanceled);
            }
        }
    }

    private static IEnumerable<InvoiceHtlc> Accepted(Invoice invoice) =>
        invoice.Htlcs.Where(htlc => htlc.State == InvoiceHtlcState.Accepted);

    private FailureDetail? Judge(Htlc htlc, RouteHop hop, out Invoice? invoice)
    {
        if (!_invoices.TryGetValue(htlc.Hash, out invoice))
        {
            return FailureDetail.UnknownInvoice;
        }

        if (hop.Mpp is not { } mpp)
        {
            return FailureDetail.AddressMismatch;
        }

        if (invoice.State != InvoiceState.Open)
        {
            return FailureDetail.InvoiceNotOpen;
        }

        if (mpp.PaymentAddr != invoice.PaymentAddr)
        {
            return FailureDetail.AddressMismatch;
        }

        if (mpp.Total == MilliSatoshi.Zero || mpp.Total < invoice.Value)
        {
            return FailureDetail.SetTotalTooLow;
        }

        if (Accepted(invoice).Any(other => other.MppTotal != mpp.Total))
        {
            return FailureDetail.SetTotalMismatch;
        }

        return htlc.Expiry < _node.Height + Math.Max(_node.Version.RejectDelta, invoice.CltvExpiry) ? FailureDetail.InvoiceExpiryTooSoon : null;
    }

    private void Accept(Invoice invoice, Htlc htlc, RouteHop hop)
    {
        var total = hop.Mpp!.Total;
        invoice = invoice with
        {
            Htlcs = invoice.Htlcs.Add(new()
            {
                Circuit = htlc.IncomingKey,
                Amount = htlc.Amount,
                AcceptHeight = _node.Height,
                AcceptTime = _node.Network.Now,
                ExpiryHeight = htlc.Expiry,
                State = InvoiceHtlcState.Accepted,
                CustomRecords = hop.CustomRecords,
                MppTotal = total,
            }),
        };
        _invoices[invoice.Hash] = invoice;
        var pending = new PendingExit(htlc);
        _pending.Add(htlc.IncomingKey, pending);

        var sum = MilliSatoshi.Zero;
        foreach (var part in Accepted(invoice))
        {
            sum += part.Amount;
        }

        if (sum < total)
        {
            pending.Timeout = _node.Network.Timeline.Schedule(_node.Network.Options.MppTimeout, () => TimeOut(htlc));
            return;
        }

        foreach (var part in Accepted(invoice))
        {
            _pending[part.Circuit].Timeout?.Cancel();
        }

        if (invoice.Preimage is { } preimage && !invoice.IsHold)
        {
            SettleWith(invoice, preimage);
            return;
        }

        _acceptedHolds.Add(invoice.Hash);
        Store(invoice with { State = InvoiceState.Accepted, AmountPaid = sum });
    }

    private void SettleWith(Invoice invoice, Preimage preimage)
    {
        var paid = MilliSatoshi.Zero;
        var accepted = Accepted(invoice).ToArray();
        foreach (var htlc in accepted)
        {
            paid += htlc.Amount;
        }

        _acceptedHolds.Remove(invoice.Hash);
        Store(invoice with
        {
            State = InvoiceState.Settled,
            Preimage = preimage,
            SettleDate = _node.Network.Now,
            SettleIndex = ++_settleIndex,
            AmountPaid = paid,
            Htlcs = Close(invoice.Htlcs, InvoiceHtlcState.Settled),
        });
        foreach (var htlc in accepted)
        {
            if (Take(htlc.Circuit, out var pending))
            {
                _node.Switch.SettleIncoming(pending.Htlc.Receiver, pending.Htlc.Id, preimage, default, HtlcEventType.Receive);
            }
        }
    }

    private void CancelWith(Invoice invoice, FailureDetail detail)
    {
        var accepted = Accepted(invoice).ToArray();
        _acceptedHolds.Remove(invoice.Hash);
        Store(invoice with { State = InvoiceState.Canceled, Htlcs = Close(invoice.Htlcs, InvoiceHtlcState.Canceled) });
        foreach (var htlc in accepted)
        {
            if (Take(htlc.Circuit, out var pending))
            {
                Fail(pending.Htlc, FailureCode.IncorrectOrUnknownPaymentDetails, detail);
            }
        }
    }

    private void Expire(PaymentHash hash)
    {
        if (_invoices[hash] is { State: InvoiceState.Open } invoice)
        {
            CancelWith(invoice, FailureDetail.InvoiceCanceled);
        }
    }

    /// <summary>The other parts of the set did not come.</summary>
    private void TimeOut(Htlc htlc)
    {
        if (!Take(htlc.IncomingKey, out _))
        {
            return;
        }

        var invoice = _invoices[htlc.Hash];
        _invoices[htlc.Hash] = invoice with
        {
            Htlcs = [.. invoice.Htlcs.Select(part => part.Circuit == htlc.IncomingKey && part.State == InvoiceHtlcState.Accepted
                ? part with { State = InvoiceHtlcState.Canceled, ResolveTime = _node.Network.Now }
                : part)],
        };
        Fail(htlc, FailureCode.MppTimeout, FailureDetail.MppInvoiceTimeout);
    }

    private bool Take(CircuitKey circuit, [NotNullWhen(true)] out PendingExit? pending)
    {
        if (_pending.Remove(circuit, out pending))
        {
            pending.Timeout?.Cancel();
            return true;
        }

        return false;
    }

    private ImmutableArray<InvoiceHtlc> Close(ImmutableArray<InvoiceHtlc> htlcs, InvoiceHtlcState state) =>
        [.. htlcs.Select(htlc => htlc.State == InvoiceHtlcState.Accepted ? htlc with { State = state, ResolveTime = _node.Network.Now } : htlc)];

    private void Store(Invoice invoice)
    {
        _invoices[invoice.Hash] = invoice;
        Changes.Publish(invoice);
    }

    private void Fail(Htlc htlc, FailureCode code, FailureDetail detail)
    {
        var failure = new HtlcFailure(code, htlc.HopIndex + 1, detail)
        {
            // LND's API shows the amount for this code only, although the wire message of unknown details carries it too.
            HtlcAmount = code == FailureCode.FinalIncorrectHtlcAmount ? htlc.Amount : MilliSatoshi.Zero,
            CltvExpiry = code == FailureCode.FinalIncorrectCltvExpiry ? htlc.Expiry : 0,
            Height = code == FailureCode.IncorrectOrUnknownPaymentDetails ? _node.Height : 0,
        };
        var info = new HtlcInfo(htlc.Expiry, 0, htlc.Amount, MilliSatoshi.Zero);
        _node.Switch.FailIncoming(htlc.Receiver, htlc.Id, failure, default, info, HtlcEventType.Receive);
    }

    private sealed class PendingExit(Htlc htlc)
    {
        public Htlc Htlc => htlc;

        public ScheduledEvent? Timeout { get; set; }
    }
}
