using Eddy.Engine.Ports;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Protos.Wire;
using Google.Protobuf;

namespace Eddy.Simulator.Faults;

/// <summary>
/// A member that cheats: an honest engine whose words are changed on their way out. It signs what it likes with its own key and cannot sign
/// with anybody else's.
/// </summary>
internal sealed class CheatSeams(FaultRun run, FaultNode node, SimulatedSignatures signatures, SeededRandom random) : DaemonSeams
{
    private const int MostKept = 32;

    /// <summary>Nothing an honest node would look at twice.</summary>
    private static readonly byte[] Silence = new Envelope { Version = 1 }.ToByteArray();

    private readonly HashSet<FaultKind> _ways = [];
    private readonly List<RelayedAdvert> _old = [];
    private readonly HashSet<ByteString> _rings = [];

    private NodeId Self => node.Daemon.Node.Id;

    public void Set(FaultKind way, bool isOn) => _ = isOn ? _ways.Add(way) : _ways.Remove(way);

    public void Stop() => _ways.Clear();

    public override IPeerMessenger Around(IPeerMessenger messenger) => new Messenger(this, messenger);

    public override IHtlcGate Around(IHtlcGate gate) => new Gate(this, gate);

    /// <summary>Adverts and hints that nobody asked for, sent to one peer.</summary>
    public void Gossip()
    {
        var links = node.Daemon.Node.PeerLinks.Where(static link => link.IsConnected).ToArray();
        if (links.Length == 0)
        {
            return;
        }

        var to = links[random.Next(links.Length)].PeerOf(node.Daemon.Node).Id;
        Stale(to);
        Forged(to);
        FalseHint(to);
    }

    private void Stale(NodeId to)
    {
        if (_ways.Contains(FaultKind.StaleAdvert) && _old.Count > 0)
        {
            Count(FaultKind.StaleAdvert);
            Say(to, Batch(_old[random.Next(_old.Count)]));
        }
    }

    private void Forged(NodeId to)
    {
        if (!_ways.Contains(FaultKind.ForgedAdvert) || _old.Count == 0)
        {
            return;
        }

        Count(FaultKind.ForgedAdvert);
        var forged = _old[random.Next(_old.Count)].Clone();
        var advert = Advert.Parser.ParseFrom(forged.Signed.Advert);
        advert.Sequence += (ulong)random.Next(100_000);
        foreach (var intent in advert.Intents)
        {
            intent.WantOut = intent.WantIn = 5_000_000;
        }

        if (random.Next(2) == 0)
        {
            // In the name of whoever made it, with the signature that fitted what it said.
            forged.Signed.Advert = advert.ToByteString();
        }
        else
        {
            // Signed, by the wrong one.
            forged.Signed.Advert = advert.ToByteString();
            forged.Signed.Signature = Signed(SignatureDomain.Advert, forged.Signed.Advert);
        }

        Say(to, Batch(forged));
    }

    private void FalseHint(NodeId to)
    {
        if (!_ways.Contains(FaultKind.FalseHint) || _rings.Count == 0)
        {
            return;
        }

        Count(FaultKind.FalseHint);
        var ring = _rings.ElementAt(random.Next(_rings.Count));
        Say(to, random.Next(2) == 0
            ? new Envelope { Version = 1, Done = new RingDone { RingId = ring, Outcome = (uint)random.Next(7) } }
            : new Envelope { Version = 1, Reject = new RingReject { RingId = ring, Position = (uint)random.Next(8), Reason = (uint)random.Next(16) } });
    }

    private static Envelope Batch(RelayedAdvert advert)
    {
        var batch = new AdvertBatch();
        batch.Adverts.Add(advert);
        return new Envelope { Version = 1, Adverts = batch };
    }

    private void Say(NodeId to, Envelope envelope) =>
        node.Daemon.Node.SendCustomMessage(to.ToArray(), IPeerMessenger.MessageType, [.. envelope.ToByteArray()]);

    private ByteString Signed(SignatureDomain domain, ByteString payload) =>
        ByteString.CopyFrom(signatures.Sign(Self, domain, payload.Span));

    private void Count(FaultKind kind) => run.Count(kind, node, "");

    /// <summary>What is sent instead.</summary>
    private byte[]? Change(NodeId peer, Envelope envelope) => envelope.BodyCase switch
    {
        Envelope.BodyOneofCase.Adverts => ChangeAdverts(envelope),
        Envelope.BodyOneofCase.Proposal when envelope.Proposal.Terms.Count > 0 => ChangeProposal(peer, envelope),
        _ => null,
    };

    private byte[]? ChangeAdverts(Envelope envelope)
    {
        foreach (var advert in envelope.Adverts.Adverts)
        {
            if (_old.Count < MostKept)
            {
                _old.Add(advert.Clone());
            }
            else
            {
                _old[random.Next(MostKept)] = advert.Clone();
            }
        }

        if (!_ways.Contains(FaultKind.ConflictingAdvert))
        {
            return null;
        }

        var isChanged = false;
        foreach (var relayed in envelope.Adverts.Adverts)
        {
            var advert = Advert.Parser.ParseFrom(relayed.Signed.Advert);
            if (!advert.Node.Span.SequenceEqual(Self.ToArray()))
            {
                continue;
            }

            foreach (var intent in advert.Intents)
            {
                (intent.WantOut, intent.MayOut) = ((ulong)random.Next(10) * 100_000, (ulong)random.Next(10) * 100_000);
            }

            relayed.Signed.Advert = advert.ToByteString();
            relayed.Signed.Signature = Signed(SignatureDomain.Advert, relayed.Signed.Advert);
            Count(FaultKind.ConflictingAdvert);
            isChanged = true;
        }

        return isChanged ? envelope.ToByteArray() : null;
    }

    private byte[]? ChangeProposal(NodeId peer, Envelope envelope)
    {
        var proposal = envelope.Proposal;
        var offer = RingOffer.Parser.ParseFrom(proposal.Offer);
        if (_rings.Count < MostKept)
        {
            _rings.Add(offer.RingId);
        }

        if (_ways.Contains(FaultKind.AnswerNever))
        {
            Count(FaultKind.AnswerNever);
            return Silence;
        }

        if (_ways.Contains(FaultKind.TermsShrunk))
        {
            Count(FaultKind.TermsShrunk);
            var own = MemberTerms.Parser.ParseFrom(proposal.Terms[^1].Terms);
            own.AmountSat = offer.MinAmountSat - Math.Min(offer.MinAmountSat, 1 + (ulong)random.Next(50_000));
            proposal.Terms[^1].Terms = own.ToByteString();
            proposal.Terms[^1].Signature = Signed(SignatureDomain.Terms, proposal.Terms[^1].Terms);
            return envelope.ToByteArray();
        }

        if (_ways.Contains(FaultKind.TermsChanged))
        {
            Count(FaultKind.TermsChanged);
            ChangeTerms(proposal, offer);
            return envelope.ToByteArray();
        }

        if (_ways.Contains(FaultKind.AnswerTwice))
        {
            Count(FaultKind.AnswerTwice);
            Say(peer, envelope);
            var previous = new NodeId(offer.Nodes[proposal.Terms.Count - 1].Span);
            Say(previous, new Envelope
            {
                Version = 1,
                Reject = new RingReject { RingId = offer.RingId, Position = (uint)proposal.Terms.Count, Reason = (uint)random.Next(12) },
            });
        }

        return null;
    }

    private void ChangeTerms(RingProposal proposal, RingOffer offer)
    {
        switch (random.Next(3))
        {
            case 0:
                // The offer itself: the initiator's signature does not fit any more.
                offer.AmountSat *= 2;
                proposal.Offer = offer.ToByteString();
                break;
            case 1 when proposal.Terms.Count > 1:
                var victim = proposal.Terms[random.Next(proposal.Terms.Count - 1)];
                var terms = MemberTerms.Parser.ParseFrom(victim.Terms);
                (terms.Scid, terms.CltvDelta) = (terms.Scid + 1, terms.CltvDelta + 1);
                victim.Terms = terms.ToByteString();
                victim.Signature = random.Next(2) == 0 ? victim.Signature : Signed(SignatureDomain.Terms, victim.Terms);
                break;
            default:
                // Its own, to more than the member before agreed to.
                var own = MemberTerms.Parser.ParseFrom(proposal.Terms[^1].Terms);
                own.AmountSat += 1 + (ulong)random.Next(1_000_000);
                proposal.Terms[^1].Terms = own.ToByteString();
                proposal.Terms[^1].Signature = Signed(SignatureDomain.Terms, proposal.Terms[^1].Terms);
                break;
        }
    }

    private sealed class Messenger(CheatSeams cheat, IPeerMessenger inner) : IPeerMessenger
    {
        public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload)
        {
            var changed = cheat._ways.Count == 0 ? null : cheat.Change(peer, Envelope.Parser.ParseFrom(payload.Span));
            inner.Send(id, peer, changed ?? payload);
        }
    }

    private sealed class Gate(CheatSeams cheat, IHtlcGate inner) : IHtlcGate
    {
        public HtlcVerdict Judge(in InterceptedHtlc htlc)
        {
            if (cheat._ways.Contains(FaultKind.WaiverWithheld) && cheat.IsRings(in htlc))
            {
                cheat.Count(FaultKind.WaiverWithheld);
                return HtlcVerdict.Resume;
            }

            return inner.Judge(in htlc);
        }

        public bool TryBind(WaiverBinding binding) => inner.TryBind(binding);
    }

    private bool IsRings(in InterceptedHtlc htlc) => !run.IsOrdinary(htlc.Hash);
}
