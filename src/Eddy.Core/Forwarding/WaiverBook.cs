using System.Security.Cryptography;
using Eddy.Lightning;

namespace Eddy.Forwarding;

/// <summary>
/// Judges offered HTLCs, and remembers which circuit keys and waivers were used. LND believes whatever amount a waiver claims came in, so
/// this is the only guard of the node's money. Not thread-safe: it belongs to the loop that judges.
/// </summary>
public sealed class WaiverBook
{
    /// <summary>
    /// How long past its expiry a used key is remembered: LND's own bound on the distance between two expiries, far beyond any chance that
    /// the HTLC is still unresolved.
    /// </summary>
    public const uint KeptBlocks = 2016;

    private readonly Dictionary<CircuitKey, uint> _usedKeys = [];
    private readonly Dictionary<PaymentHash, uint> _usedHashes = [];

    /// <param name="used">Every binding that was saved and not forgotten.</param>
    public WaiverBook(IEnumerable<WaiverBinding> used)
    {
        foreach (var binding in used)
        {
            MarkUsed(binding);
        }
    }

    /// <summary>Number of keys remembered.</summary>
    public int Count => _usedKeys.Count;

    /// <summary>
    /// The verdict, in the order that protects money: an on-chain re-offer gets no answer; a ring's HTLC that fits its waiver in every
    /// respect is waived, once; everything else is forwarded as LND's own policies say. Total, and without side effect but on what the ring's
    /// own HTLC uses up.
    /// </summary>
    public HtlcVerdict Judge(in InterceptedHtlc htlc, ForwardingView view, DateTimeOffset now)
    {
        if (IsOnChain(in htlc) || view.IsClosed(htlc.Key.Channel))
        {
            return HtlcVerdict.Silence;
        }

        if (!view.TryGetWaiver(htlc.Hash, out var waiver))
        {
            return HtlcVerdict.Resume;
        }

        if (Measure(in htlc, waiver, view, now) is { } fee)
        {
            return Use(in htlc, waiver, fee);
        }

        Burn(in htlc, waiver, view);
        return HtlcVerdict.Resume;
    }

    /// <summary>Forgets keys whose HTLC cannot exist any more.</summary>
    public void Prune(uint height)
    {
        foreach (var (key, expiry) in _usedKeys)
        {
            if (IsForgettable(expiry))
            {
                _usedKeys.Remove(key);
            }
        }

        foreach (var (hash, expiry) in _usedHashes)
        {
            if (IsForgettable(expiry))
            {
                _usedHashes.Remove(hash);
            }
        }

        bool IsForgettable(uint expiry) => (ulong)expiry + KeptBlocks < height;
    }

    /// <summary>
    /// LND offers the HTLC of a force-closed channel with auto_fail_height 0 (to 0.19) or its own expiry (from 0.20.2 on). Below zero is
    /// neither: an expiry beyond 2^31 that LND has wrapped, and will refuse.
    /// </summary>
    private static bool IsOnChain(in InterceptedHtlc htlc) =>
        htlc.AutoFailHeight == 0 || (htlc.AutoFailHeight > 0 && (uint)htlc.AutoFailHeight >= htlc.IncomingExpiry);

    /// <summary>
    /// The fee to give up, zero or less where none is asked; null where the HTLC does not fit. The distance between its two expiries is
    /// LND's own business: a waiver waives the fee test only, and LND refuses less than our CLTV delta.
    /// </summary>
    private MilliSatoshi? Measure(in InterceptedHtlc htlc, Waiver waiver, ForwardingView view, DateTimeOffset now)
    {
        if (now >= waiver.Deadline || _usedKeys.ContainsKey(htlc.Key) || view.IsOlder(htlc.Key) || _usedHashes.ContainsKey(waiver.Hash))
        {
            return null;
        }

        if (!HasSecret(htlc.Record.Span, waiver.Commitment) || !IsAmountAgreed(in htlc, waiver))
        {
            return null;
        }

        // One that has expired already is LND's to refuse; and what is remembered of it would be forgotten with the next block.
        if (FindRoute(in htlc, waiver, view) is not { } policies
            || htlc.IncomingExpiry <= view.Height || htlc.IncomingExpiry > (ulong)view.Height + waiver.MaxLockBlocks)
        {
            return null;
        }

        // By the agreed channel's policy, although LND may choose a parallel one: that one then has to be as cheap.
        var fee = RoutingPolicy.ExpectedFee(policies.Incoming, policies.Outgoing, htlc.OutgoingAmount);
        return fee <= waiver.FeeCap && fee <= MilliSatoshi.MaxSupply ? fee : null;
    }

    private static bool HasSecret(ReadOnlySpan<byte> record, Bytes32 commitment)
    {
        if (record.Length != Bytes32.Size)
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[Bytes32.Size];
        Span<byte> expected = stackalloc byte[Bytes32.Size];
        SHA256.HashData(record, hash);
        commitment.CopyTo(expected);
        return CryptographicOperations.FixedTimeEquals(hash, expected);
    }

    /// <summary>What goes out is what came in: LND compares neither with the amount we claim.</summary>
    private static bool IsAmountAgreed(in InterceptedHtlc htlc, Waiver waiver) =>
        htlc.IncomingAmount == htlc.OutgoingAmount
        && htlc.IncomingAmount > MilliSatoshi.Zero
        && htlc.IncomingAmount >= waiver.MinAmount
        && htlc.IncomingAmount <= waiver.MaxAmount
        && htlc.IncomingAmount <= MilliSatoshi.MaxSupply;

    private static (RoutingPolicy Incoming, RoutingPolicy Outgoing)? FindRoute(in InterceptedHtlc htlc, Waiver waiver, ForwardingView view)
    {
        if (htlc.HasBlindedNextNode || htlc.RequestedChannel == ShortChannelId.Blinded || htlc.RequestedChannel.Value == 0
            || !waiver.OutgoingNames.Contains(htlc.RequestedChannel) || htlc.Key.Channel == waiver.Outgoing)
        {
            return null;
        }

        return view.Find(htlc.Key.Channel) is { Policy: { } incoming } from && from.Peer == waiver.Previous
            && view.Find(waiver.Outgoing) is { Policy: { } outgoing } to && to.Peer == waiver.Next
            ? (incoming, outgoing)
            : null;
    }

    private HtlcVerdict Use(in InterceptedHtlc htlc, Waiver waiver, MilliSatoshi fee)
    {
        var waived = MilliSatoshi.Max(fee, MilliSatoshi.Zero);
        var binding = new WaiverBinding(
            waiver.Ring, waiver.Hash, htlc.Key, waiver.Outgoing, htlc.IncomingAmount, waived, htlc.IncomingExpiry);
        MarkUsed(binding);

        // Our policies ask nothing for it: the ring's HTLC passes by itself, and the member still has to know that it did.
        return waived == MilliSatoshi.Zero
            ? HtlcVerdict.Resume with { Binding = binding }
            : new(HtlcAction.Waive, htlc.OutgoingAmount + waived, binding);
    }

    /// <summary>
    /// The ring's own HTLC came and was let pass without its waiver: if LND took it all the same, waiving a later delivery of the same key
    /// would pay the next node twice. Only the initiator knows the secret, so nobody else makes us remember keys like this.
    /// </summary>
    private void Burn(in InterceptedHtlc htlc, Waiver waiver, ForwardingView view)
    {
        if (HasSecret(htlc.Record.Span, waiver.Commitment))
        {
            _usedKeys.TryAdd(htlc.Key, Math.Max(htlc.IncomingExpiry, view.Height));
        }
    }

    private void MarkUsed(WaiverBinding binding)
    {
        _usedKeys[binding.Key] = binding.IncomingExpiry;
        _usedHashes[binding.Hash] = binding.IncomingExpiry;
    }
}
