using System.Collections.Concurrent;
using System.Diagnostics;
using Eddy.Lightning;
using Eddy.Lnd.Access;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Lnd.Channels;

/// <summary>
/// Both ends' policies of our channels. LND tells nobody who lacks the right to the whole graph when one changes, so: our own fees are
/// compared with the FeeReport every few seconds and read again where they differ, and everything is read again now and then. Between
/// a change and the next look a waived fee may be computed too small or a lock time too short: LND then fails the HTLC with
/// FEE_INSUFFICIENT or INCORRECT_CLTV_EXPIRY, the channel is read at once, and nobody has lost anything.
/// One caller at a time, but for <see cref="Suspect"/>.
/// </summary>
internal sealed class PolicyCache(LndConnection connection, NodeId self, LndTimings timings)
{
    private const int ParallelReads = 16;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ulong, byte> _suspects = new();

    public ChannelPolicies? Find(string channelPoint) => _entries.GetValueOrDefault(channelPoint)?.Policies;

    /// <summary>An HTLC failed as if this channel's policy were not what we believe.</summary>
    public void Suspect(ulong channel) => _suspects.TryAdd(channel, 0);

    /// <summary>Everything is to be read again.</summary>
    public void Distrust()
    {
        foreach (var entry in _entries.Values)
        {
            entry.IsStale = true;
        }
    }

    /// <summary>Reads what is new, stale or old among these channels, and forgets all others.</summary>
    /// <exception cref="RpcException">LND could not be asked.</exception>
    public async Task UpdateAsync(IReadOnlyCollection<Protos.Lnrpc.Channel> channels, CancellationToken cancellationToken)
    {
        foreach (var closed in _entries.Keys.Except(channels.Select(channel => channel.ChannelPoint)).ToList())
        {
            _entries.Remove(closed);
        }

        var due = channels.Where(channel => IsDue(channel)).ToList();
        var read = new ConcurrentBag<(string ChannelPoint, ChannelPolicies Policies)>();
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = ParallelReads, CancellationToken = cancellationToken },
            async (channel, cancellation) => read.Add((channel.ChannelPoint, await ReadAsync(channel, cancellation))));

        foreach (var (channelPoint, policies) in read)
        {
            _entries[channelPoint] = new(policies) { Reported = Fees.Of(policies.Own) };
        }
    }

    /// <summary>Compares our fees with LND's report. True where a channel has to be read again.</summary>
    /// <exception cref="RpcException">LND could not be asked.</exception>
    public async Task<bool> CompareFeesAsync(CancellationToken cancellationToken)
    {
        var report = await connection.Lightning.FeeReportAsync(new FeeReportRequest(), connection.Call(cancellationToken));
        var changed = false;
        foreach (var fees in report.ChannelFees)
        {
            var reported = new Fees(fees.BaseFeeMsat, fees.FeePerMil, fees.InboundBaseFeeMsat, fees.InboundFeePerMil);
            if (_entries.TryGetValue(fees.ChannelPoint, out var entry) && entry.Reported != reported)
            {
                entry.Reported = reported;
                entry.IsStale = true;
                changed = true;
            }
        }

        return changed;
    }

    private bool IsDue(Protos.Lnrpc.Channel channel)
    {
        // Not evaluated lazily: a suspicion is used up by the reading it causes.
        var isSuspect = _suspects.TryRemove(channel.ChanId, out _);
        return isSuspect
            || !_entries.TryGetValue(channel.ChannelPoint, out var entry)
            || entry.IsStale
            || entry.Policies.Own is null
            || Stopwatch.GetElapsedTime(entry.ReadAt) > timings.PolicyLifetime;
    }

    private async Task<ChannelPolicies> ReadAsync(Protos.Lnrpc.Channel channel, CancellationToken cancellationToken)
    {
        // The graph may know a zero-conf channel by its confirmed id: the outpoint always names it.
        var request = new ShortChannelId(channel.ChanId).IsAlias
            ? new ChanInfoRequest { ChanPoint = channel.ChannelPoint }
            : new ChanInfoRequest { ChanId = channel.ChanId };
        try
        {
            var edge = await connection.Lightning.GetChanInfoAsync(request, connection.Call(cancellationToken));
            var isFirst = edge.Node1Pub.Equals(self.ToString(), StringComparison.OrdinalIgnoreCase);
            return new(
                ChannelReading.Read(isFirst ? edge.Node1Policy : edge.Node2Policy),
                ChannelReading.Read(isFirst ? edge.Node2Policy : edge.Node1Policy));
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound || LndErrors.Says(exception, "edge not found"))
        {
            // A channel so new that the graph does not have it.
            return new(null, null);
        }
    }

    private sealed record Fees(long BaseMsat, long RatePpm, int InboundBaseMsat, int InboundRatePpm)
    {
        public static Fees? Of(Lightning.RoutingPolicy? policy) =>
            policy is null ? null : new(policy.BaseFeeMsat, policy.FeeRatePpm, policy.InboundBaseFeeMsat, policy.InboundFeeRatePpm);
    }

    private sealed class Entry(ChannelPolicies policies)
    {
        public ChannelPolicies Policies { get; } = policies;

        public long ReadAt { get; } = Stopwatch.GetTimestamp();

        public Fees? Reported { get; set; }

        public bool IsStale { get; set; }
    }
}
