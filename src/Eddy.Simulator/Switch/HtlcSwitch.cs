using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>A node's switch: what comes in on one channel leaves on another, or is the node's own.</summary>
internal sealed class HtlcSwitch(SimulatedNode node)
{
    private readonly CircuitMap _circuits = new();
    private readonly List<ChannelEnd> _candidates = [];

    public SwitchLoop Loop { get; } = new();

    public int CircuitCount => _circuits.Count;

    /// <summary>An add is committed on the incoming channel; or a restarted link offers an unresolved one again.</summary>
    public void OnLockedIn(Htlc htlc, bool isReplay)
    {
        if (node.Faults.HoldsForever(htlc, isReplay))
        {
            return;
        }

        var hop = htlc.Onion.Peel(htlc.HopIndex, node.Id);
        if (hop is null)
        {
            FailMalformed(htlc, FailureCode.InvalidOnionHmac);
        }
        else if (!isReplay && !htlc.Onion.TryMarkProcessed(htlc.HopIndex) && node.RefusesReplayedOnions)
        {
            FailMalformed(htlc, FailureCode.InvalidOnionVersion);
        }
        else if (htlc.Onion.IsFinal(htlc.HopIndex))
        {
            node.Invoices.OnExitHtlc(htlc, hop);
        }
        else
        {
            Offer(new ForwardPacket(htlc, hop, isReplay) { OutgoingWireRecords = RelayedRecords() });
        }
    }

    /// <summary>An incoming HTLC of a closed channel: the interceptor may know its preimage.</summary>
    public void OnContested(Htlc htlc)
    {
        if (htlc.Onion.Peel(htlc.HopIndex, node.Id) is { } hop && !htlc.Onion.IsFinal(htlc.HopIndex))
        {
            Offer(new ForwardPacket(htlc, hop, isReplay: true) { IsOnChain = true });
        }
    }

    /// <summary>Forwards what the interceptor let go, as it is now.</summary>
    public void Forward(ForwardPacket packet)
    {
        var commit = _circuits.Commit(packet.Key, () => CreateCircuit(packet), out var circuit);
        switch (commit)
        {
            case CircuitCommit.Dropped:
                return;

            case CircuitCommit.Failed:
                FailAdd(packet, new(FailureCode.TemporaryChannelFailure, FailureDetail.IncompleteForward), requested: null);
                return;

            default:
                packet.Incoming.ForwardedBy = circuit;
                HandleAdd(packet, circuit);
                return;
        }
    }

    /// <summary>Sends an own attempt over exactly the channel its route names first.</summary>
    /// <returns>The failure, where it did not leave the node.</returns>
    public HtlcFailure? SendLocal(ShortChannelId firstChannel, in HtlcTerms terms, ulong attemptId)
    {
        var outgoing = node.FindOwnChannel(firstChannel);
        if (outgoing is not { IsActive: true })
        {
            return FailLocal(firstChannel, terms, new(FailureCode.UnknownNextPeer, FailureDetail.LinkNotEligible));
        }

        if (ForwardPolicy.CheckTransit(outgoing, terms.AmountMsat, terms.Expiry) is { } failure)
        {
            return FailLocal(outgoing.ChanId, terms, failure, outgoing);
        }

        if (ForwardPolicy.ExceedsDustExposure(outgoing.Channel, terms.AmountMsat))
        {
            return FailLocal(outgoing.ChanId, terms, new(FailureCode.InternalFailure, FailureDetail.NoDetail));
        }

        var circuit = new Circuit { AttemptId = attemptId, Hash = terms.Hash, OutgoingMsat = terms.AmountMsat };
        if (Add(outgoing, terms, circuit) is null)
        {
            return FailLocal(outgoing.ChanId, terms, new(FailureCode.TemporaryChannelFailure, FailureDetail.HtlcAddFailed), outgoing);
        }

        var info = new HtlcInfo(0, terms.Expiry, MilliSatoshi.Zero, new(terms.AmountMsat));
        node.Publish(HtlcEventType.Send, default, circuit.Outgoing!.Value, (incoming, to, time) =>
            new HtlcEvent.Forward(info) { Incoming = incoming, Outgoing = to, Time = time, Type = HtlcEventType.Send });
        return null;
    }

    /// <summary>The next node gave the preimage.</summary>
    public void OnOutgoingSettled(Htlc htlc, Preimage preimage) => Loop.Run(() =>
    {
        if (htlc.Circuit is not { IsDeleted: false } circuit)
        {
            // The incoming HTLC was answered otherwise meanwhile: paid without being paid.
            return;
        }

        if (circuit.AttemptId is { } attempt)
        {
            PublishSettle(HtlcEventType.Send, default, circuit.Outgoing!.Value, preimage);
            node.Payments.OnSettled(attempt, preimage);
            return;
        }

        node.Forwards.Add(new(
            node.Network.Now, circuit.Incoming!.Value, circuit.Outgoing!.Value, new(circuit.IncomingMsat), new(circuit.OutgoingMsat)));
        SettleIncoming(circuit.IncomingEnd!, circuit.Incoming.Value.HtlcId, preimage, circuit.Outgoing.Value);
    }, isDurable: true);

    /// <summary>The outgoing HTLC failed further on, or on the way there.</summary>
    public void OnOutgoingFailed(Htlc htlc, HtlcFailure failure) => Loop.Run(() =>
    {
        if (htlc.Circuit is not { IsDeleted: false } circuit)
        {
            return;
        }

        if (circuit.AttemptId is { } attempt)
        {
            PublishFail(HtlcEventType.Send, default, circuit.Outgoing!.Value);
            node.Payments.OnFailed(attempt, failure);
            return;
        }

        FailIncoming(circuit.IncomingEnd!, circuit.Incoming!.Value.HtlcId, failure, circuit.Outgoing!.Value, linkFailure: null);
    }, isDurable: true);

    /// <summary>Fulfils an incoming HTLC, when its link is up.</summary>
    public void SettleIncoming(ChannelEnd end, ulong id, Preimage preimage, CircuitKey outgoing, HtlcEventType type = HtlcEventType.Forward) =>
        node.Links.Resolve(end, new(id, new HtlcResolution.Settle(preimage), () =>
            PublishSettle(type, new(end.ChanId, id), outgoing, preimage)));

    /// <summary>Fails an incoming HTLC, when its link is up. With <paramref name="linkFailure"/> it is this node that failed it.</summary>
    public void FailIncoming(
        ChannelEnd end, ulong id, HtlcFailure failure, CircuitKey outgoing, HtlcInfo? linkFailure, HtlcEventType type = HtlcEventType.Forward) =>
        node.Links.Resolve(end, new(id, new HtlcResolution.Fail(failure), () =>
        {
            if (linkFailure is { } info)
            {
                PublishLinkFail(type, new(end.ChanId, id), outgoing, info, failure);
            }
            else
            {
                PublishFail(type, new(end.ChanId, id), outgoing);
            }
        })
        { IsLost = linkFailure is not null });

    /// <summary>The resolution of an incoming HTLC is committed, or had no HTLC left to resolve.</summary>
    public void DeleteCircuit(CircuitKey key) => _circuits.Delete(key);

    public void OnRestart()
    {
        Loop.Reset();
        _circuits.OnRestart();
    }

    private void Offer(ForwardPacket packet) => Loop.Run(() => node.Interceptor.Offer(packet));

    private ImmutableSortedDictionary<ulong, ImmutableArray<byte>> RelayedRecords() =>
        node.Version.SendsEndorsement ? CustomRecords.None.Add(CustomRecords.EndorsementType, [0]) : CustomRecords.None;

    private static Circuit CreateCircuit(ForwardPacket packet) => new()
    {
        Incoming = packet.Key,
        IncomingEnd = packet.IncomingEnd,
        Hash = packet.Incoming.Hash,
        IncomingMsat = packet.IncomingMsat,
        OutgoingMsat = packet.OutgoingMsat,
    };

    private void HandleAdd(ForwardPacket packet, Circuit circuit)
    {
        if (node.RejectsForwards)
        {
            FailAdd(packet, new(FailureCode.ChannelDisabled, FailureDetail.ForwardsDisabled), requested: null);
            return;
        }

        var requested = node.FindForwardTarget(packet.OutgoingChannel);
        if (requested is not null && requested == packet.IncomingEnd && !node.AllowsCircularRoutes)
        {
            FailAdd(packet, new(FailureCode.TemporaryChannelFailure, FailureDetail.CircularRoute), requested: null);
            return;
        }

        if (requested is not { IsActive: true })
        {
            FailAdd(packet, new(FailureCode.UnknownNextPeer, FailureDetail.NoDetail), requested: null);
            return;
        }

        if (Choose(packet, requested, out var failure) is not { } outgoing)
        {
            FailAdd(packet, failure!, requested);
            return;
        }

        // The incoming link's dust cannot be judged while that link is away, so LND fails the forward.
        if (!packet.IncomingEnd.IsActive
            || ForwardPolicy.ExceedsDustExposure(packet.IncomingEnd.Channel, packet.IncomingMsat)
            || ForwardPolicy.ExceedsDustExposure(outgoing.Channel, packet.OutgoingMsat))
        {
            FailAdd(packet, new(FailureCode.TemporaryChannelFailure, FailureDetail.NoDetail), requested: null);
            return;
        }

        var incoming = packet.Incoming;
        var terms = new HtlcTerms(
            packet.OutgoingMsat, incoming.Hash, packet.OutgoingExpiry, incoming.Onion, incoming.HopIndex + 1, packet.OutgoingWireRecords);
        if (Add(outgoing, terms, circuit) is null)
        {
            FailAdd(packet, new(FailureCode.TemporaryChannelFailure, FailureDetail.HtlcAddFailed), outgoing);
            return;
        }

        node.Publish(HtlcEventType.Forward, packet.Key, circuit.Outgoing!.Value, (from, to, time) =>
            new HtlcEvent.Forward(packet.Info) { Incoming = from, Outgoing = to, Time = time, Type = HtlcEventType.Forward });
    }

    /// <summary>Non-strict forwarding: any link to the same peer that passes, at random; else the failure of the one asked for.</summary>
    private ChannelEnd? Choose(ForwardPacket packet, ChannelEnd requested, out PolicyFailure? failure)
    {
        failure = null;
        _candidates.Clear();
        foreach (var end in node.ChannelsWith(requested.Peer.Node))
        {
            if (!end.IsActive)
            {
                continue;
            }

            var linkFailure = ForwardPolicy.CheckForward(end, packet);
            if (linkFailure is null)
            {
                _candidates.Add(end);
            }
            else if (end == requested)
            {
                failure = linkFailure;
            }
        }

        return _candidates.Count switch
        {
            0 => null,
            1 => _candidates[0],
            var count => _candidates[node.Network.Random.Next(count)],
        };
    }

    private static Htlc? Add(ChannelEnd outgoing, in HtlcTerms terms, Circuit circuit)
    {
        if (outgoing.TryAdd(terms) is not { } htlc)
        {
            return null;
        }

        htlc.Circuit = circuit;
        circuit.Outgoing = htlc.OutgoingKey;
        outgoing.Node.Network.Watch?.OnAdded(htlc);
        outgoing.Node.Links.Send(outgoing, new LinkUpdate.Add(htlc));
        return htlc;
    }

    private void FailAdd(ForwardPacket packet, PolicyFailure failure, ChannelEnd? requested)
    {
        var message = ToMessage(failure, packet.SourceIndex, requested);
        FailIncoming(packet.IncomingEnd, packet.Incoming.Id, message, new(packet.OutgoingChannel, 0), packet.Info);
    }

    private HtlcFailure FailLocal(ShortChannelId channel, in HtlcTerms terms, PolicyFailure failure, ChannelEnd? outgoing = null)
    {
        var message = ToMessage(failure, sourceIndex: 0, outgoing);
        var info = new HtlcInfo(0, terms.Expiry, MilliSatoshi.Zero, new(terms.AmountMsat));
        PublishLinkFail(HtlcEventType.Send, default, new(channel, 0), info, message);
        return message;
    }

    private static HtlcFailure ToMessage(PolicyFailure failure, int sourceIndex, ChannelEnd? outgoing) =>
        new(failure.Code, sourceIndex, failure.Detail)
        {
            HtlcAmount = new(failure.HtlcMsat),
            CltvExpiry = failure.CltvExpiry,
            ChannelUpdate = outgoing is null || failure.Code is FailureCode.ExpiryTooFar
                ? null
                : new(outgoing.RouteId, outgoing.Policy, outgoing.Node.Id, outgoing.PolicyUpdatedAt),
        };

    /// <summary>An onion that cannot be read: the node before, who can, reports it as its own failure.</summary>
    private void FailMalformed(Htlc htlc, FailureCode code) =>
        node.Links.Resolve(htlc.Receiver, new(htlc.Id, new HtlcResolution.Fail(new(code, htlc.HopIndex)), Published: null));

    private void PublishSettle(HtlcEventType type, CircuitKey incoming, CircuitKey outgoing, Preimage preimage) =>
        node.Publish(type, incoming, outgoing, (from, to, time) =>
            new HtlcEvent.Settle(preimage) { Incoming = from, Outgoing = to, Time = time, Type = type });

    private void PublishFail(HtlcEventType type, CircuitKey incoming, CircuitKey outgoing) =>
        node.Publish(type, incoming, outgoing, (from, to, time) =>
            new HtlcEvent.ForwardFail { Incoming = from, Outgoing = to, Time = time, Type = type });

    private void PublishLinkFail(HtlcEventType type, CircuitKey incoming, CircuitKey outgoing, HtlcInfo info, HtlcFailure failure) =>
        node.Publish(type, incoming, outgoing, (from, to, time) =>
            new HtlcEvent.LinkFail(info, failure.Code, failure.Detail, FailureNames.WireText(failure.Code))
            {
                Incoming = from,
                Outgoing = to,
                Time = time,
                Type = type,
            });
}
