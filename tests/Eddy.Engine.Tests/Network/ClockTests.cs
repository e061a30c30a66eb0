using Eddy.Rings;

namespace Eddy.Engine.Tests.Network;

/// <summary>Clocks are set, and no two machines agree about the time.</summary>
public sealed class ClockTests
{
    [Fact]
    public void A_member_whose_clock_was_ahead_still_finds_that_its_HTLC_settled_while_it_was_away()
    {
        var ring = new TestRing(4);
        var (member, next) = (ring.Member(2), ring.Member(3));
        next.Node.Faults.StuckHop = static _ => true;
        member.SetClock(TimeSpan.FromMinutes(2));
        ring.StartAll();
        Assert.True(ring.RunUntil(() => member.View.Rings.Any(static view => view.State == "Bound")), ring.Describe());
        var bound = member.View.Rings.First(static view => view.State == "Bound");

        member.Kill();
        next.Node.Faults.ReleaseStuck();
        ring.RunFor(2);
        Assert.Equal(RingOutcome.Settled, ring.Proposer.Ring(bound.Id).Outcome);
        member.SetClock(TimeSpan.Zero);
        member.Start();
        ring.RunFor(5);

        Assert.Equal(RingOutcome.Settled, member.Ring(bound.Id).Outcome);
        Assert.Single(member.Store.PhantomFees(DateTimeOffset.UnixEpoch, 10));
    }
}
