using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Simulator.Faults;

/// <summary>Once nothing goes wrong any more, every ring at every node is final, and nothing is in flight.</summary>
internal sealed class EveryRingEnds() : Invariant("every-ring-ends", "A quarter of an hour after the last fault every ring is final everywhere, and nothing is reserved or in flight.")
{
    public override void AtEnd()
    {
        foreach (var node in Run.Nodes)
        {
            if (!node.Daemon.IsRunning)
            {
                Violate($"{node.Alias} does not run.");
                return;
            }

            if (node.Daemon.Store.Inner.Load().OpenRings is [var ring, ..])
            {
                Violate($"{node.Alias} still has ring {ring.Id.ToShortString()} in state {ring.State}.");
                return;
            }

            if (node.Daemon.View.Channels.FirstOrDefault(static channel => channel.ReservedIn + channel.ReservedOut != MilliSatoshi.Zero) is { } reserved)
            {
                Violate($"{node.Alias} still reserves {reserved.ReservedIn} and {reserved.ReservedOut} on {reserved.Channel.Id}.");
                return;
            }
        }

        if (Run.Network.Channels.FirstOrDefault(static channel => channel.HtlcCount > 0) is { } busy)
        {
            Violate($"{busy} still carries {busy.HtlcCount} HTLCs.");
        }
    }
}

/// <summary>What engines tell of their rings is what LND knows, and the ledger of phantom fees holds exactly what LND believes to have earned on rings.</summary>
internal sealed class BooksAgree() : Invariant("books-agree", "What engines say of rings and phantom fees at the end is what happened.")
{
    public override void AtEnd()
    {
        foreach (var node in Run.Nodes)
        {
            CheckPayments(node);
            CheckForwards(node);
        }
    }

    private void CheckPayments(FaultNode node)
    {
        foreach (var ring in node.Daemon.Store.Inner.LatestRings(int.MaxValue))
        {
            var hash = ring.Hash;
            if (ring.Position == 0)
            {
                var isPaid = node.Daemon.Node.Payments.Find(hash)?.Status == PaymentStatus.Succeeded;
                if (isPaid != (ring.Outcome == RingOutcome.Settled))
                {
                    Violate($"{node.Alias} says {ring.Outcome} of {EventText.Short(hash)}, and LND's payment {(isPaid ? "succeeded" : "did not succeed")}.");
                }
            }
            else if (ring.Outcome == RingOutcome.Settled && !Run.HasForwarded(node.Daemon.Node, hash))
            {
                Violate($"{node.Alias} says that {EventText.Short(hash)} settled, and its LND has forwarded nothing.");
            }
            else if (ring.Outcome != RingOutcome.Settled && Run.HasWaived(node.Daemon.Node, hash) && Run.HasForwarded(node.Daemon.Node, hash))
            {
                Violate($"{node.Alias} says {ring.Outcome} of {EventText.Short(hash)}, which it waived and which settled.");
            }
        }
    }

    private void CheckForwards(FaultNode node)
    {
        var booked = node.Daemon.Store.Inner.PhantomFees(DateTimeOffset.UnixEpoch, int.MaxValue).ToDictionary(static (PhantomFee fee) => fee.Key);
        foreach (var forward in node.Daemon.Node.Forwards.Events)
        {
            var real = Run.RealIncoming(node.Daemon.Node, forward.Incoming);
            var phantom = forward.AmountIn - real;
            if (phantom <= MilliSatoshi.Zero)
            {
                continue;
            }

            if (!booked.Remove(forward.Incoming, out var fee))
            {
                Violate($"{node.Alias} earned a phantom {phantom} on {EventText.Of(forward.Incoming)} and did not book it.");
            }
            else if (fee.Fee != phantom)
            {
                Violate($"{node.Alias} booked {fee.Fee} for {EventText.Of(forward.Incoming)}, where LND believes in {phantom}.");
            }
        }

        if (booked.Count > 0)
        {
            Violate($"{node.Alias} booked a phantom fee for {EventText.Of(booked.Keys.First())}, which LND knows nothing of.");
        }
    }
}
