using Eddy.Rings;

namespace Eddy.Engine.Tests.Network;

/// <summary>A process dies at every point at which it can: right before and right after each of its commits, with nothing of the step done.</summary>
public sealed class CrashTests
{
    private const int Seconds = 40;

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public void Dying_at_any_commit_costs_nobody_anything_and_everything_ends(int position, bool isBefore)
    {
        // One undisturbed run says how many commits there are.
        var undisturbed = new TestRing(4);
        undisturbed.StartAll();
        undisturbed.RunFor(Seconds);
        var commits = undisturbed.Member(position).Store.Commits;
        Assert.True(commits > 5);

        var settled = 0;
        for (var commit = 1L; commit <= commits; commit++)
        {
            var ring = new TestRing(4);
            var victim = ring.Member(position);
            victim.Store.CrashAt = commit;
            victim.Store.CrashesBefore = isBefore;
            victim.RestartAfter = TimeSpan.FromSeconds(3);
            ring.StartAll();
            ring.RunFor(Seconds);
            ring.Quiesce();

            Assert.True(victim.Crashes == 1 && victim.IsRunning, $"commit {commit}: {ring.Describe()}");
            ring.AssertNobodyPaid();
            ring.AssertAllEnded();
            Assert.All(ring.Proposer.Node.Payments.All, static payment => Assert.Single(payment.Attempts));
            Assert.Empty(victim.Store.Inner.Load().Outbox.Take(33).Skip(32));

            // Whoever died learns at its start what LND did without it.
            var paid = ring.Proposer.Node.Payments.All.Count(static payment => payment.Status == Simulator.PaymentStatus.Succeeded);
            Assert.True(victim.Rings.Count(static view => view.Outcome == RingOutcome.Settled) == paid, $"commit {commit}: {ring.Describe()}");
            settled += ring.Daemons[0].Rings.Count(static view => view.Outcome == RingOutcome.Settled);
        }

        Assert.True(settled > 0);
    }
}
