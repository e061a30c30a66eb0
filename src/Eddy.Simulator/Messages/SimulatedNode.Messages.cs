using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

// Custom messages.
public sealed partial class SimulatedNode
{
    /// <summary>The most a custom message may carry.</summary>
    public const int MaxCustomMessageSize = 65_533;

    private const ushort FirstCustomType = 32_768;

    /// <summary>
    /// SendCustomMessage; the status text. It says that the message is on its way, never that it arrived: nobody may listen over there, and
    /// the connection may drop first.
    /// </summary>
    public RpcResult<string> SendCustomMessage(ReadOnlySpan<byte> peer, uint type, ImmutableArray<byte> data)
    {
        if (peer.Length != NodeId.Size)
        {
            return RpcError.Plain($"invalid vertex length of {peer.Length}, want {NodeId.Size}");
        }

        if (!NodeId.TryFrom(peer, out var id) || LinkTo(id) is not { IsConnected: true } link)
        {
            return RpcError.NotFound("peer is not connected");
        }

        // LND casts to 16 bits, so 98305 is sent as 32769.
        var wireType = (ushort)(type & ushort.MaxValue);
        if (wireType < FirstCustomType)
        {
            return RpcError.Plain($"msg type: {wireType} not in custom range: <unknown> and not overridden");
        }

        if (data.Length > MaxCustomMessageSize)
        {
            link.Disconnect();
            return RpcError.Plain(
                $"message payload is too large - encoded {data.Length} bytes, but maximum message payload is {MaxCustomMessageSize} bytes");
        }

        Transmit(link, new CustomMessage(Id, wireType, data));
        return Version.HasStatusTexts ? "message sent successfully" : "";
    }

    private void Transmit(PeerLink link, CustomMessage message)
    {
        var faults = link.FaultsFrom(this);
        if (faults.IsClean)
        {
            Deliver(link, message, link.ArrivalTime(this));
            return;
        }

        var random = Network.Random;
        if (random.Chance(faults.DropProbability))
        {
            faults.Happened?.Invoke(MessageFault.Lost);
            return;
        }

        var copies = 1;
        if (random.Chance(faults.DuplicateProbability))
        {
            copies = 2;
            faults.Happened?.Invoke(MessageFault.Doubled);
        }

        for (var copy = 0; copy < copies; copy++)
        {
            var jitter = faults.Jitter > TimeSpan.Zero ? new TimeSpan(random.NextLong(faults.Jitter.Ticks)) : TimeSpan.Zero;
            if (faults.ReorderProbability > 0 && random.Chance(faults.ReorderProbability))
            {
                faults.Happened?.Invoke(MessageFault.Reordered);
                Deliver(link, message, Network.Now + link.Latency + new TimeSpan(random.NextLong(faults.ReorderWindow.Ticks)));
                continue;
            }

            if (faults.Delay + jitter > TimeSpan.Zero)
            {
                faults.Happened?.Invoke(MessageFault.Delayed);
            }

            Deliver(link, message, link.ArrivalTime(this, faults.Delay + jitter));
        }
    }

    private void Deliver(PeerLink link, CustomMessage message, DateTimeOffset at)
    {
        var receiver = link.PeerOf(this);
        var epoch = link.Epoch;
        Network.Timeline.ScheduleAt(at, () =>
        {
            if (link.Epoch == epoch)
            {
                receiver.CustomMessages.Publish(message);
            }
        });
    }
}
