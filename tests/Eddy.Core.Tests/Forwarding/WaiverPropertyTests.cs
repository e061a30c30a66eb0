using Eddy.Core.Tests.Rings;
using Eddy.Forwarding;
using Eddy.Lightning;
using FsCheck;
using FsCheck.Fluent;
using static Eddy.Core.Tests.Forwarding.ForwardingScene;

namespace Eddy.Core.Tests.Forwarding;

/// <summary>Random HTLCs from near the right one, so that many are waived, in any order and over restarts of the daemon.</summary>
public sealed class WaiverPropertyTests
{
    private static readonly PaymentHash OtherHash = new(RingScene.Fill(9));

    /// <summary>Two rings at once: the second one has a hash of its own and the rest in common.</summary>
    private static readonly ForwardingView TwoRings = View.WithWaivers([Granted, Granted with { Hash = OtherHash, Ring = new(RingScene.Fill(9)) }]);

    private static readonly Gen<MilliSatoshi> Amounts = Gen.Frequency(
        (6, Gen.Constant(Amount)),
        (2, Gen.Choose(-2, 2).Select(off => Amount + new MilliSatoshi(off))),
        (1, Gen.Choose(0, 64).Select(shift => MilliSatoshi.FromWire(shift == 64 ? ulong.MaxValue : 1ul << shift))),
        (1, Gen.Elements(new MilliSatoshi(long.MaxValue), new MilliSatoshi(long.MinValue), MilliSatoshi.OutOfRange, MilliSatoshi.MaxSupply)));

    private static readonly Gen<InterceptedHtlc> Htlcs =
        from key in Gen.Frequency((5, Gen.Constant(FromBob)), (1, Gen.Elements(ToDave, ToDaveToo, ToMallory, new ShortChannelId(42))))
        from id in Gen.Choose(0, 5)
        from incoming in Amounts
        from outgoing in Gen.Frequency((4, Gen.Constant(incoming)), (1, Amounts))
        from expiry in Gen.Frequency((5, Gen.Constant(Expiry)), (1, Gen.Elements(0u, Height, Height + 800, Height + 801, uint.MaxValue)))
        from autoFail in Gen.Frequency((5, Gen.Constant((int)Expiry - 13)), (1, Gen.Elements(0, -1, (int)Expiry, int.MaxValue, int.MinValue)))
        from hash in Gen.Frequency((4, Gen.Constant(Htlc.Hash)), (2, Gen.Constant(OtherHash)), (1, Gen.Constant(new PaymentHash(RingScene.Fill(1)))))
        from requested in Gen.Frequency((5, Gen.Elements(ToDave, ToDaveAlias)), (1, Gen.Elements(ToDaveToo, ToMallory, ShortChannelId.Blinded, default)))
        from isBlinded in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        from record in Gen.Frequency((9, Gen.Constant(Htlc.Record)), (1, Gen.Constant(ReadOnlyMemory<byte>.Empty)))
        select new InterceptedHtlc(
            new(key, (ulong)id), incoming, expiry, hash, requested, outgoing, Expiry - 80, autoFail, isBlinded, record);

    private static readonly Gen<RoutingPolicy> Policies =
        from baseFee in Gen.Elements(0L, 1, 1_000, 1_000_000, long.MaxValue)
        from rate in Gen.Elements(0L, 1, 500, 1_000_000, uint.MaxValue)
        from inboundBase in Gen.Elements(0, -1_000, 2_000, int.MinValue, int.MaxValue)
        from inboundRate in Gen.Elements(0, -500, 300, int.MinValue, int.MaxValue)
        select Policy with { BaseFeeMsat = baseFee, FeeRatePpm = rate, InboundBaseFeeMsat = inboundBase, InboundFeeRatePpm = inboundRate };

    [Fact]
    public void What_is_waived_really_came_in_and_costs_no_more_than_the_cap() => Check(
        from htlc in Htlcs
        from incoming in Policies
        from outgoing in Policies
        from cap in Gen.Elements(0L, 1_000, 451_000, 1_000_000_000, long.MaxValue)
        select (htlc, incoming, outgoing, cap),
        test =>
        {
            var view = ViewWith(test.incoming, test.outgoing).WithWaivers([Granted with { FeeCap = new(test.cap) }]);
            var verdict = new WaiverBook([]).Judge(test.htlc, view, Now);
            return verdict.Action != HtlcAction.Waive
                || (test.htlc.IncomingAmount >= test.htlc.OutgoingAmount
                    && verdict.InAmount > test.htlc.OutgoingAmount
                    && (verdict.InAmount - test.htlc.OutgoingAmount).Value <= test.cap
                    && verdict.InAmount - test.htlc.OutgoingAmount == RoutingPolicy.ExpectedFee(test.incoming, test.outgoing, test.htlc.OutgoingAmount)
                    && verdict.Binding?.Amount == test.htlc.OutgoingAmount);
        });

    [Fact]
    public void A_key_and_a_waiver_are_used_at_most_once_over_restarts_too() => Check(
        (from htlc in Htlcs from isRestart in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true))) select (htlc, isRestart)).ListOf(60),
        steps =>
        {
            var book = new WaiverBook([]);
            var bindings = new List<WaiverBinding>();
            foreach (var (htlc, isRestart) in steps)
            {
                book = isRestart ? new(bindings) : book;
                if (book.Judge(htlc, TwoRings, Now).Binding is { } binding)
                {
                    bindings.Add(binding);
                }
            }

            return bindings.Select(binding => binding.Key).Distinct().Count() == bindings.Count
                && bindings.Select(binding => binding.Ring).Distinct().Count() == bindings.Count;
        });

    [Fact]
    public void What_is_not_ours_is_resumed_unless_it_is_on_chain() => Check(
        Htlcs,
        htlc => new WaiverBook([]).Judge(htlc with { Hash = new(RingScene.Fill(1)) }, TwoRings, Now)
            == (htlc.AutoFailHeight == 0 || (htlc.AutoFailHeight > 0 && (uint)htlc.AutoFailHeight >= htlc.IncomingExpiry)
                ? HtlcVerdict.Silence
                : HtlcVerdict.Resume));

    [Fact]
    public void Only_an_on_chain_re_offer_is_left_without_an_answer() => Check(
        Htlcs,
        htlc => new WaiverBook([]).Judge(htlc, TwoRings, Now).Action != HtlcAction.Silence
            || htlc.AutoFailHeight == 0
            || htlc.AutoFailHeight >= htlc.IncomingExpiry);

    [Fact]
    public void The_random_HTLCs_do_hit_the_waiver_often()
    {
        var waived = Htlcs.Sample(2_000).Count(htlc => new WaiverBook([]).Judge(htlc, TwoRings, Now).Action == HtlcAction.Waive);

        Assert.InRange(waived, 50, 1_950);
    }

    private static void Check<T>(Gen<T> gen, Func<T, bool> holds) =>
        Prop.ForAll(gen.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
}
