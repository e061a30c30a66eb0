using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Tests.Storage;

/// <summary>What both stores must do.</summary>
public abstract class StoreContract : IDisposable
{
    protected static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    protected abstract IEddyStore Store { get; }

    private IBindingStore Bindings => (IBindingStore)Store;

    [Fact]
    public void A_new_store_holds_nothing()
    {
        var contents = Store.Load();

        Assert.Empty(contents.OpenRings);
        Assert.Empty(contents.Bindings);
        Assert.Empty(contents.Outbox);
        Assert.Empty(contents.Settings);
        Assert.Empty(contents.BackOffs);
        Assert.Empty(contents.Counters);
        Assert.Equal(0, contents.Totals.Settled + contents.Totals.Failed + contents.Totals.UnderWay);
        Assert.Null(Store.FindRing(Id(1)));
    }

    [Fact]
    public void A_ring_comes_back_with_every_column()
    {
        var ring = Ring(1) with
        {
            Position = 3,
            Outcome = RingOutcome.Failed,
            IsFinal = true,
            FailurePosition = 2,
            Reason = "It was the weather.",
            EndedAt = Noon + Second,
            Fee = new(1),
            WaivedFee = new(2),
            SavedFee = new(3),
        };

        Commit(batch => batch.Rings.Add(ring));

        AssertSame(ring, Store.FindRing(ring.Id));
    }

    [Fact]
    public void Only_rings_under_way_are_loaded_and_the_totals_count_all()
    {
        Commit(batch =>
        {
            batch.Rings.Add(Ring(1));
            batch.Rings.Add(Settled(2));
            batch.Rings.Add(Ring(3) with { IsFinal = true, Outcome = RingOutcome.Rejected, EndedAt = Noon });
        });

        var contents = Store.Load();

        AssertSame(Ring(1), Assert.Single(contents.OpenRings));
        Assert.Equal(new RingTotals(1, 1, 1, Settled(2).Amount, new(70), new(80)), contents.Totals);
    }

    [Fact]
    public void Saving_a_ring_again_replaces_it_and_its_story_stays()
    {
        Commit(batch =>
        {
            batch.Rings.Add(Ring(1));
            batch.Story.Add((Id(1), new RingStoryLine(Noon, "Proposed.")));
        });
        Commit(batch =>
        {
            batch.Rings.Add(Settled(1));
            batch.Story.Add((Id(1), new RingStoryLine(Noon + Second, "Paid.")));
            batch.Story.Add((Id(1), new RingStoryLine(Noon + Second, "Settled.")));
        });

        Assert.Empty(Store.Load().OpenRings);
        Assert.Equal(["Proposed.", "Paid.", "Settled."], Store.Story(Id(1)).Select(static line => line.What));
        Assert.Equal(Noon + Second, Store.Story(Id(1))[^1].At);
    }

    [Fact]
    public void The_latest_rings_come_newest_first()
    {
        Commit(batch => batch.Rings.AddRange(Enumerable.Range(1, 5).Select(n => Ring(n) with { StartedAt = Noon + (n * Second) })));

        Assert.Equal([Id(5), Id(4), Id(3)], Store.LatestRings(3).Select(static ring => ring.Id));
    }

    [Fact]
    public void The_outbox_keeps_its_order_until_an_effect_is_done()
    {
        Commit(batch =>
        {
            batch.OutboxAdded.Add(new OutboxEntry(7, Id(1), "CancelInvoice", new byte[] { 1, 2 }));
            batch.OutboxAdded.Add(new OutboxEntry(8, Id(2), "SendDone", new byte[] { 3 }));
            batch.OutboxAdded.Add(new OutboxEntry(9, Id(1), "Release", ReadOnlyMemory<byte>.Empty));
        });
        Commit(batch => batch.OutboxDone.Add(8));

        var outbox = Store.Load().Outbox;

        Assert.Equal([7L, 9L], outbox.Select(static entry => entry.Id));
        Assert.Equal(("CancelInvoice", Id(1)), (outbox[0].Kind, outbox[0].Ring));
        Assert.Equal([1, 2], outbox[0].Payload.ToArray());
    }

    [Fact]
    public void Settings_counters_and_back_offs_are_replaced_and_forgotten()
    {
        Commit(batch =>
        {
            batch.Settings[StoreSettings.Paused] = "True";
            batch.Counters[(0, "moved")] = 5;
            batch.Counters[(100, "moved")] = 6;
            batch.Counters[(101, "moved")] = 7;
            batch.BackOffs["peer:a"] = new BackOffRecord("peer:a", Noon, 1);
            batch.BackOffs["peer:b"] = new BackOffRecord("peer:b", Noon, 1);
        });
        Commit(batch =>
        {
            batch.Settings[StoreSettings.Paused] = "False";
            batch.Counters[(101, "moved")] = 8;
            batch.ForgetCountersBefore = 101;
            batch.BackOffs["peer:a"] = null;
            batch.BackOffs["peer:b"] = new BackOffRecord("peer:b", Noon + Second, 2);
        });

        var contents = Store.Load();

        Assert.Equal("False", contents.Settings[StoreSettings.Paused]);
        Assert.Equal([new DailyCounter(0, "moved", 5), new DailyCounter(101, "moved", 8)], contents.Counters);
        Assert.Equal(new BackOffRecord("peer:b", Noon + Second, 2), Assert.Single(contents.BackOffs));
    }

    [Fact]
    public void Days_count_what_ended_on_them()
    {
        var day = DateOnly.FromDateTime(Noon.UtcDateTime);
        Commit(batch =>
        {
            batch.Rings.Add(Settled(1) with { EndedAt = Noon + Second, Amount = new(7_000), SavedFee = new(30) });
            batch.Rings.Add(Settled(2) with { EndedAt = Noon + (2 * Second), Amount = new(5_000), SavedFee = new(4) });
            batch.Rings.Add(Settled(3) with { EndedAt = Noon.AddDays(1), Amount = new(11_000), SavedFee = new(0) });
            batch.Rings.Add(Ring(4) with { IsFinal = true, Outcome = RingOutcome.Failed, EndedAt = Noon + Second });
            batch.Rings.Add(Ring(5));
            batch.Rings.Add(Settled(6) with { EndedAt = Noon.AddDays(-1) });
            batch.PhantomFees.Add(new(Key(1), Id(1), new(77), new(100_000), new(51), Noon));
            batch.PhantomFees.Add(new(Key(2), Id(2), new(77), new(100_000), new(9), Noon.AddDays(2)));
            batch.PhantomFees.Add(new(Key(3), Id(3), new(77), new(100_000), new(9), Noon.AddDays(-1)));
        });

        Assert.Equal(
            [
                new DayFigures(day, 2, 1, new(12_000), new(34), new(51)),
                new DayFigures(day.AddDays(1), 1, 0, new(11_000), new(0), new(0)),
                new DayFigures(day.AddDays(2), 0, 0, new(0), new(0), new(9)),
            ],
            Store.Days(day));
    }

    [Fact]
    public void A_circuit_is_booked_once()
    {
        var fee = new PhantomFee(Key(1), Id(1), new(77), new(100_000), new(51), Noon);
        Commit(batch => batch.PhantomFees.Add(fee));
        Commit(batch =>
        {
            batch.PhantomFees.Add(fee with { Fee = new(999) });
            batch.PhantomFees.Add(fee with { Key = Key(2), SettledAt = Noon + Second });
        });

        Assert.Equal([fee with { Key = Key(2), SettledAt = Noon + Second }, fee], Store.PhantomFees(Noon, 10));
        Assert.Equal(Key(2), Assert.Single(Store.PhantomFees(Noon, 1)).Key);
        Assert.Empty(Store.PhantomFees(Noon + (2 * Second), 10));
    }

    [Fact]
    public void A_key_is_bound_once_and_so_is_a_ring()
    {
        Assert.True(Bindings.TrySave(Binding(1, 1), Minute));

        Assert.False(Bindings.TrySave(Binding(1, 2), Second));
        Assert.False(Bindings.TrySave(Binding(2, 1), Second));
        Assert.Equal(Binding(1, 1), Assert.Single(Store.Load().Bindings));
    }

    [Fact]
    public void A_binding_that_ended_is_forgotten()
    {
        Assert.True(Bindings.TrySave(Binding(1, 1), Minute));
        Assert.True(Bindings.TrySave(Binding(2, 2), Minute));

        Commit(batch => batch.BindingsEnded.Add(Key(1)));

        Assert.Equal(Binding(2, 2), Assert.Single(Store.Load().Bindings));
    }

    [Fact]
    public void Old_failures_are_forgotten_and_what_settled_is_not()
    {
        var failed = Ring(1) with { IsFinal = true, Outcome = RingOutcome.Expired, EndedAt = Noon };
        Commit(batch =>
        {
            batch.Rings.AddRange([failed, failed with { Id = Id(2), EndedAt = Noon + Second }, Settled(3), Ring(4)]);
            batch.Story.Add((failed.Id, new RingStoryLine(Noon, "It expired.")));
        });

        Commit(batch => batch.ForgetFailuresBefore = Noon + Second);

        Assert.Equal([Id(2), Id(3), Id(4)], Store.LatestRings(10).Select(static ring => ring.Id).Order());
        Assert.Empty(Store.Story(failed.Id));
    }

    [Fact]
    public void Only_so_many_failures_are_kept_and_the_oldest_go()
    {
        var failed = Ring(1) with { IsFinal = true, Outcome = RingOutcome.Expired, EndedAt = Noon };
        Commit(batch =>
        {
            batch.Rings.AddRange(
                [failed, failed with { Id = Id(2), EndedAt = Noon + Second }, failed with { Id = Id(5), EndedAt = Noon + Second + Second }, Settled(3), Ring(4)]);
            batch.Story.Add((failed.Id, new RingStoryLine(Noon, "It expired.")));
        });

        Commit(batch => batch.MostFailures = 2);

        Assert.Equal([Id(2), Id(3), Id(4), Id(5)], Store.LatestRings(10).Select(static ring => ring.Id).Order());
        Assert.Empty(Store.Story(failed.Id));
    }

    [Fact]
    public void A_payment_hash_is_known_as_long_as_its_ring()
    {
        var failed = Ring(1) with { IsFinal = true, Outcome = RingOutcome.Expired, EndedAt = Noon };
        Assert.False(Store.KnowsHash(failed.Hash));

        Commit(batch => batch.Rings.Add(failed));
        Assert.True(Store.KnowsHash(failed.Hash));
        Assert.False(Store.KnowsHash(Ring(2).Hash));

        Commit(batch => batch.MostFailures = 0);
        Assert.False(Store.KnowsHash(failed.Hash));
    }

    [Fact]
    public void The_largest_channel_ids_survive()
    {
        var binding = Binding(1, 1) with { Key = new CircuitKey(new(ulong.MaxValue), ulong.MaxValue - 1), Outgoing = new(1UL << 63), IncomingExpiry = uint.MaxValue };

        Assert.True(Bindings.TrySave(binding, Minute));

        Assert.Equal(binding, Assert.Single(Store.Load().Bindings));
    }

    [Fact]
    public void A_batch_that_fails_changes_nothing()
    {
        Commit(batch => batch.OutboxAdded.Add(new OutboxEntry(1, Id(1), "SendDone", ReadOnlyMemory<byte>.Empty)));

        var exception = Assert.Throws<StoreException>(() => Commit(batch =>
        {
            batch.Rings.Add(Ring(1));
            batch.Settings["paused"] = "True";
            batch.OutboxAdded.Add(new OutboxEntry(1, Id(1), "SendDone", ReadOnlyMemory<byte>.Empty));
        }));

        Assert.Equal(StoreFault.Failed, exception.Fault);
        Assert.Null(Store.FindRing(Id(1)));
        Assert.Empty(Store.Load().Settings);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => Store.Dispose();

    protected static RingId Id(int number) => new(Bytes(number));

    protected static CircuitKey Key(int number) => new(ShortChannelId.Create(870_127, 1, 1), (ulong)number);

    protected static WaiverBinding Binding(int ring, int htlc) =>
        new(Id(ring), new PaymentHash(Bytes(1_000 + ring)), Key(htlc), ShortChannelId.Create(870_127, 2, 0), new(5_000_000), new(3_500), 900_000);

    protected static RingRecord Ring(int number) => new(
        Id(number), 0, "Walking", false, RingOutcome.Unknown, new PaymentHash(Bytes(1_000 + number)), MilliSatoshi.FromSatoshi(50_000),
        MilliSatoshi.Zero, MilliSatoshi.Zero, MilliSatoshi.Zero, null, "", Noon, null, 1, new byte[] { 1, 2, 3 });

    protected void Commit(Action<StoreBatch> fill)
    {
        var batch = new StoreBatch();
        fill(batch);
        Store.Commit(batch);
    }

    private static RingRecord Settled(int number) => Ring(number) with
    {
        IsFinal = true,
        Outcome = RingOutcome.Settled,
        State = "Settled",
        WaivedFee = new(70),
        SavedFee = new(80),
        EndedAt = Noon - TimeSpan.FromDays(1),
    };

    private static Bytes32 Bytes(int number)
    {
        var bytes = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(bytes.AsSpan(Bytes32.Size - sizeof(int)), System.Net.IPAddress.HostToNetworkOrder(number));
        return new Bytes32(bytes);
    }

    private static void AssertSame(RingRecord expected, RingRecord? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected with { Blob = default }, actual with { Blob = default });
        Assert.Equal(expected.Blob.ToArray(), actual.Blob.ToArray());
    }
}

public sealed class InMemoryStoreTests : StoreContract
{
    protected override IEddyStore Store { get; } = new InMemoryStore();
}
