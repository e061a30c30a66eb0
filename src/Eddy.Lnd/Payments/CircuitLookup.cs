using Eddy.Engine.Ports;
using Eddy.Lightning;
using Eddy.Lnd.Session;
using Eddy.Protos.Lnrpc;
using Grpc.Core;

namespace Eddy.Lnd.Payments;

/// <summary>
/// What became of circuits, from the HTLCs pending on our channels and from the forwarding history. The history is asked second and
/// believed first: what settles between the two looks is found, and an HTLC whose settle is still being committed is settled.
/// </summary>
internal sealed class CircuitLookup(CircuitMemory memory)
{
    private const uint PageSize = 10_000;
    private const int MaxPages = 100;

    /// <exception cref="RpcException">LND could not be asked.</exception>
    public async Task<CommandOutcome> RunAsync(LndSession session, NodeCommand.LookupCircuits command, CancellationToken cancellationToken)
    {
        var connection = session.Connection;
        var listed = await connection.Lightning.ListChannelsAsync(new ListChannelsRequest(), connection.Call(cancellationToken));
        var pending = listed.Channels
            .SelectMany(channel => channel.PendingHtlcs
                .Where(htlc => htlc.Incoming)
                .Select(htlc => new CircuitKey(new(channel.ChanId), htlc.HtlcIndex)))
            .ToHashSet();
        var history = await ReadHistoryAsync(session, command, cancellationToken);
        var settled = session.Version.HasForwardingHtlcIds
            ? history
                .Where(forward => forward.HasIncomingHtlcId)
                .Select(forward => new CircuitKey(new(forward.ChanIdIn), forward.IncomingHtlcId))
                .ToHashSet()
            : Guess(command.Keys.Where(key => !pending.Contains(key)), history);

        return new CommandOutcome.CircuitsFound(
        [
            .. command.Keys.Select(key => new CircuitStatus(
                key, settled.Contains(key) ? CircuitFate.Settled : pending.Contains(key) ? CircuitFate.Pending : CircuitFate.Gone)),
        ]);
    }

    private static async Task<List<ForwardingEvent>> ReadHistoryAsync(
        LndSession session, NodeCommand.LookupCircuits command, CancellationToken cancellationToken)
    {
        var channels = command.Keys.Select(key => key.Channel.Value).ToHashSet();

        // Both times zero would mean the last day only.
        var request = new ForwardingHistoryRequest { StartTime = (ulong)Math.Max(1, command.SinceUnixSeconds), NumMaxEvents = PageSize };
        if (session.Version.HasHistoryFilter)
        {
            request.IncomingChanIds.AddRange(channels);
        }

        var found = new List<ForwardingEvent>();
        for (var page = 0; page < MaxPages; page++)
        {
            var answer = await session.Connection.Lightning.ForwardingHistoryAsync(request, session.Connection.Call(cancellationToken));
            found.AddRange(answer.ForwardingEvents.Where(forward => channels.Contains(forward.ChanIdIn)));
            if (answer.ForwardingEvents.Count < PageSize)
            {
                break;
            }

            request.IndexOffset = answer.LastOffsetIndex;
        }

        return found;
    }

    /// <summary>
    /// Without HTLC ids a forward is known by its incoming channel and its amounts, which are exact where we waived it in this run:
    /// one forward for each circuit. Of older circuits only the channel is known; any forward left over counts as theirs, since it is
    /// better to book a fee as phantom once too often than to take fiction for income.
    /// </summary>
    private HashSet<CircuitKey> Guess(IEnumerable<CircuitKey> keys, List<ForwardingEvent> history)
    {
        var settled = new HashSet<CircuitKey>();
        var left = history.ToList();
        foreach (var (key, binding) in keys.Select(key => (key, memory.Find(key))).OrderBy(pair => pair.Item2 is null))
        {
            var match = left.FindIndex(forward => forward.ChanIdIn == key.Channel.Value
                && (binding is null
                    || (forward.AmtOutMsat == (ulong)binding.Amount.Value
                        && forward.AmtInMsat == (ulong)(binding.Amount + binding.WaivedFee).Value)));
            if (match >= 0)
            {
                left.RemoveAt(match);
                settled.Add(key);
            }
        }

        return settled;
    }
}
