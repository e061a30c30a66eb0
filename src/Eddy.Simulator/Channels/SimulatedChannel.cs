using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>
/// A channel: one ledger that both ends look at. An HTLC leaves the offerer's balance when it is added and enters a balance when its removal
/// reaches the offerer; the two commitment transactions of a real channel, which differ for moments, are one here.
/// </summary>
public sealed class SimulatedChannel
{
    private const long AnchorsMsat = 660_000;
    private const long AnchorCommitWeight = 1_124;
    private const long PlainCommitWeight = 724;
    private const long HtlcWeight = 172;

    internal SimulatedChannel(SimulatedNetwork network, int index, PeerLink link, SimulatedNode opener, SimulatedNode peer, ChannelOptions options)
    {
        Network = network;
        Index = index;
        Link = link;
        Capacity = options.Capacity;
        FeePerKw = options.FeePerKw ?? network.Options.FeePerKw;
        CommitmentType = options.CommitmentType;
        IsPrivate = options.IsPrivate;
        HasScidAlias = options.HasScidAlias || options.IsZeroConf;
        IsZeroConf = options.IsZeroConf;
        Id = options.Id ?? network.NextShortChannelId();
        FundingTxid = network.DeriveTxid(index);
        OpenedAt = network.Now;
        OpenedHeight = network.Height;

        var reserve = options.Reserve ?? MilliSatoshi.Max(MilliSatoshi.FromSatoshi(Capacity.Satoshi / 100), options.DustLimit);
        Constraints = new(
            reserve, options.DustLimit, options.MaxInFlight ?? Capacity - reserve, options.MinHtlc, options.MaxAcceptedHtlcs, CsvDelay: 144);
        var policy = DefaultPolicy(Capacity);
        Opener = new(this, opener, isInitiator: true, options.OpenerBalance.Value, options.OpenerPolicy ?? policy);
        Other = new(this, peer, isInitiator: false, (Capacity - options.OpenerBalance).Value, options.PeerPolicy ?? policy);
        if (Opener.Local < MilliSatoshi.Zero || Other.Local < MilliSatoshi.Zero)
        {
            throw new ArgumentException(
                $"A channel of {Capacity.Satoshi} sat cannot give its opener {options.OpenerBalance} and pay the commitment fee.", nameof(options));
        }
    }

    public SimulatedNetwork Network { get; }

    /// <summary>The number of the channel within the network, from 0.</summary>
    public int Index { get; }

    public PeerLink Link { get; }

    /// <summary>The end that opened it and pays the commitment fee.</summary>
    public ChannelEnd Opener { get; }

    public ChannelEnd Other { get; }

    public MilliSatoshi Capacity { get; }

    /// <summary>The confirmed id, also of a zero-conf channel.</summary>
    public ShortChannelId Id { get; }

    /// <summary>In wire order.</summary>
    public Bytes32 FundingTxid { get; }

    /// <summary><c>txid:vout</c>, the txid in display order.</summary>
    public string ChannelPoint
    {
        get
        {
            var bytes = FundingTxid.ToArray();
            Array.Reverse(bytes);
            return $"{Convert.ToHexStringLower(bytes)}:0";
        }
    }

    /// <summary>The same limits for either side.</summary>
    public ChannelConstraints Constraints { get; }

    public bool IsPrivate { get; }

    public bool HasScidAlias { get; }

    public bool IsZeroConf { get; }

    public CommitmentType CommitmentType { get; }

    public long FeePerKw { get; }

    public DateTimeOffset OpenedAt { get; }

    public uint OpenedHeight { get; }

    public ChannelStatus Status { get; internal set; }

    /// <summary>The node that force-closed it.</summary>
    public SimulatedNode? ClosedBy { get; internal set; }

    public uint ClosedHeight { get; internal set; }

    /// <summary>Both peers connected and the link started.</summary>
    public bool IsLinkUp { get; internal set; }

    /// <summary>HTLCs on the channel, both directions.</summary>
    public int HtlcCount => Opener.Offered.Count + Other.Offered.Count;

    public long CommitWeight => BaseWeight + (HtlcWeight * NonDustCount);

    /// <summary>The fee of the commitment transaction as its weight asks, in sat.</summary>
    public long CommitTxFeeSat => FeePerKw * CommitWeight / 1_000;

    /// <summary>Commitment fee and anchors: what is missing from the opener's balance.</summary>
    public MilliSatoshi OpenerCost => new((CommitTxFeeSat * MilliSatoshi.PerSatoshi) + AnchorCostMsat);

    /// <summary>LND's <c>commit_fee</c>: capacity less all outputs, so with trimmed dust and rounded msat.</summary>
    public long CommitFeeSat
    {
        get
        {
            var outputs = Opener.Local.Satoshi + Other.Local.Satoshi + (AnchorCostMsat / MilliSatoshi.PerSatoshi);
            foreach (var htlc in Opener.Offered.Values.Concat(Other.Offered.Values))
            {
                outputs += IsDust(htlc.Amount) ? 0 : htlc.Amount.Satoshi;
            }

            return Capacity.Satoshi - outputs;
        }
    }

    internal int NonDustCount { get; set; }

    private long BaseWeight => CommitmentType == CommitmentType.Anchors ? AnchorCommitWeight : PlainCommitWeight;

    private long AnchorCostMsat => CommitmentType == CommitmentType.Anchors ? AnchorsMsat : 0;

    /// <summary>The end at <paramref name="node"/>.</summary>
    /// <exception cref="ArgumentException">The node is no party to this channel.</exception>
    public ChannelEnd At(SimulatedNode node) =>
        Opener.Node == node ? Opener
        : Other.Node == node ? Other
        : throw new ArgumentException($"{node} is no party to channel {Id}.", nameof(node));

    /// <summary>Too small for an output of its own.</summary>
    public bool IsDust(MilliSatoshi amount)
    {
        // Anchor channels pay for second-level transactions when these are broadcast, others out of the HTLC (timeout: 663 weight).
        var secondLevel = CommitmentType == CommitmentType.Anchors ? 0 : FeePerKw * 663 / 1_000;
        return amount.Satoshi - secondLevel < Constraints.DustLimit.Satoshi;
    }

    public override string ToString() => $"{Opener.Node.Alias}-{Other.Node.Alias} {Id}";

    internal static RoutingPolicy DefaultPolicy(MilliSatoshi capacity) =>
        new(1_000, 1, 80, new(1_000), new(capacity.Value / 100 * 99));

    /// <summary>The fee at double rate with <paramref name="moreHtlcs"/> more HTLCs than there are: LND's fee buffer.</summary>
    internal long FeeBufferMsat(int moreHtlcs) =>
        2 * FeePerKw * (BaseWeight + (HtlcWeight * (NonDustCount + moreHtlcs))) / 1_000 * MilliSatoshi.PerSatoshi;

    /// <summary>The fee with one more HTLC than there are.</summary>
    internal long FeeWithOneMoreMsat() => FeePerKw * (BaseWeight + (HtlcWeight * (NonDustCount + 1))) / 1_000 * MilliSatoshi.PerSatoshi;

    internal long AnchorsOf(ChannelEnd end) => end.IsInitiator ? AnchorCostMsat : 0;
}
