using Eddy.Rings;

namespace Eddy.Core.Tests.Rings;

/// <summary>
/// Every starting state of both halves against every event. What is listed happens; whatever is not listed changes nothing.
/// </summary>
public sealed class RingTableTests
{
    /// <summary>State, event, next state, effects.</summary>
    private const string InitiatorTable = """
        Signing | OfferSigned | Walking | SendProposal
        Signing | OfferSigned (late) | Expired | Release
        Signing | TimePassed (late) | Expired | Release
        Signing | SigningFailed | Cancelled | Release
        Signing | CancelRequested | Cancelled | Release
        Signing | Restarted | Cancelled | Release
        Signing | Restarted (late) | Cancelled | Release
        Walking | ProposalReturned | Invoicing | AddInvoice
        Walking | ProposalReturned (late) | Expired | Release, SendDone
        Walking | ProposalReturned (unfit) | Cancelled | Release, SendDone, BackOff
        Walking | RejectReceived | Rejected | Release, BackOff
        Walking | NextHopAway | Cancelled | Release, BackOff
        Walking | CancelRequested | Cancelled | Release, SendDone
        Walking | Restarted | Cancelled | Release, SendDone
        Walking | Restarted (late) | Cancelled | Release, SendDone
        Walking | TimePassed (late) | Expired | Release, SendDone
        Invoicing | InvoiceAdded | Paying.Sent | SendToRoute
        Invoicing | InvoiceAdded (late) | Expired | CancelInvoice, Release, SendDone
        Invoicing | InvoiceAdded (unfit) | Cancelled | CancelInvoice, Release, SendDone
        Invoicing | InvoiceFailed | Cancelled | CancelInvoice, Release, SendDone
        Invoicing | CancelRequested | Cancelled | CancelInvoice, Release, SendDone
        Invoicing | Restarted | Cancelled | CancelInvoice, Release, SendDone
        Invoicing | Restarted (late) | Cancelled | CancelInvoice, Release, SendDone
        Invoicing | TimePassed (late) | Expired | CancelInvoice, Release, SendDone
        Paying.Sent | PaymentSettled | Paying.Checking | LookupInvoice
        Paying.Sent | PaymentFailed | Failed | CancelInvoice, Release, SendDone, BackOff
        Paying.Sent | PaymentUnclear | Paying.Tracking | TrackPayment
        Paying.Sent | PaymentRefused | Paying.TrackingRefused | TrackPayment
        Paying.Sent | Restarted | Paying.Tracking | TrackPayment
        Paying.Sent | Restarted (late) | Paying.Tracking | TrackPayment
        Paying.Tracking | PaymentSettled | Paying.Checking | LookupInvoice
        Paying.Tracking | PaymentFailed | Failed | CancelInvoice, Release, SendDone, BackOff
        Paying.Tracking | PaymentNotFound | Paying.AskingInvoice | LookupInvoice
        Paying.Tracking | Restarted | Paying.Tracking | TrackPayment
        Paying.Tracking | Restarted (late) | Paying.Tracking | TrackPayment
        Paying.TrackingRefused | PaymentSettled | Paying.Checking | LookupInvoice
        Paying.TrackingRefused | PaymentFailed | Failed | CancelInvoice, Release, SendDone, BackOff
        Paying.TrackingRefused | PaymentNotFound | Cancelled | CancelInvoice, Release, SendDone
        Paying.TrackingRefused | Restarted | Paying.TrackingRefused | TrackPayment
        Paying.TrackingRefused | Restarted (late) | Paying.TrackingRefused | TrackPayment
        Paying.AskingInvoice | PaymentSettled | Paying.Checking | LookupInvoice
        Paying.AskingInvoice | PaymentFailed | Failed | CancelInvoice, Release, SendDone, BackOff
        Paying.AskingInvoice | InvoiceFound (open) | Paying.Sent | SendToRoute
        Paying.AskingInvoice | InvoiceFound (open, late) | Expired | CancelInvoice, Release, SendDone
        Paying.AskingInvoice | InvoiceFound (settled) | Settled | Release, SendDone
        Paying.AskingInvoice | InvoiceFound (unusable) | Cancelled | CancelInvoice, Release, SendDone
        Paying.AskingInvoice | InvoiceNotFound | Cancelled | CancelInvoice, Release, SendDone
        Paying.AskingInvoice | Restarted | Paying.Tracking | TrackPayment
        Paying.AskingInvoice | Restarted (late) | Paying.Tracking | TrackPayment
        Paying.Checking | InvoiceFound (open) | Settled | Release, SendDone
        Paying.Checking | InvoiceFound (open, late) | Settled | Release, SendDone
        Paying.Checking | InvoiceFound (settled) | Settled | Release, SendDone
        Paying.Checking | InvoiceFound (unusable) | Settled | Release, SendDone
        Paying.Checking | InvoiceNotFound | Settled | Release, SendDone
        Paying.Checking | Restarted | Paying.Checking | LookupInvoice
        Paying.Checking | Restarted (late) | Paying.Checking | LookupInvoice
        """;

    private const string MemberTable = """
        Signing | TermsSigned | Accepted | GrantWaiver, SendProposal
        Signing | TermsSigned (late) | Expired | Release
        Signing | TimePassed (late) | Expired | Release
        Signing | SigningFailed | Released | Release, SendReject
        Signing | CancelRequested | Released | Release, SendReject
        Signing | Restarted | Released | Release, SendReject
        Signing | Restarted (late) | Released | Release, SendReject
        Signing | DoneReceived | Released | Release
        Accepted | HtlcBound | Bound | RevokeWaiver
        Accepted | TimePassed (late) | Expired | RevokeWaiver, Release
        Accepted | RejectReceived | Released | RevokeWaiver, Release, SendReject
        Accepted | DoneReceived | Released | RevokeWaiver, Release, SendDone
        Accepted | NextHopAway | Released | RevokeWaiver, Release, SendReject
        Accepted | CancelRequested | Released | RevokeWaiver, Release, SendReject
        Accepted | ProposalRepeated | Accepted | SendProposal
        Accepted | Restarted | Accepted | SendProposal
        Accepted | Restarted (late) | Expired | RevokeWaiver, Release
        Bound | HtlcSettled | Settled | Release, BookPhantomFee
        Bound | HtlcFailed | Failed | Release
        Bound | CircuitFound (settled) | Settled | Release, BookPhantomFee
        Bound | CircuitFound (gone) | Failed | Release
        Bound | CircuitFound (pending late) | Bound.Overdue | BackOff, BackOff, BackOff
        Bound | HtlcEventsLost | Bound | LookupCircuits
        Bound | Restarted | Bound | LookupCircuits
        Bound | Restarted (late) | Bound | LookupCircuits
        Bound | TimePassed (late) | Bound | LookupCircuits
        Bound | DoneReceived | Bound.DonePassed | SendDone
        Bound.Overdue | HtlcSettled | Settled | Release, BookPhantomFee
        Bound.Overdue | HtlcFailed | Failed | Release
        Bound.Overdue | CircuitFound (settled) | Settled | Release, BookPhantomFee
        Bound.Overdue | CircuitFound (gone) | Failed | Release
        Bound.Overdue | HtlcEventsLost | Bound.Overdue | LookupCircuits
        Bound.Overdue | Restarted | Bound.Overdue | LookupCircuits
        Bound.Overdue | Restarted (late) | Bound.Overdue | LookupCircuits
        Bound.Overdue | TimePassed (late) | Bound.Overdue | LookupCircuits
        Bound.Overdue | DoneReceived | Bound.Overdue.DonePassed | SendDone
        Bound.DonePassed | HtlcSettled | Settled.DonePassed | Release, BookPhantomFee
        Bound.DonePassed | HtlcFailed | Failed.DonePassed | Release
        Bound.DonePassed | CircuitFound (settled) | Settled.DonePassed | Release, BookPhantomFee
        Bound.DonePassed | CircuitFound (gone) | Failed.DonePassed | Release
        Bound.DonePassed | CircuitFound (pending late) | Bound.Overdue.DonePassed | BackOff, BackOff, BackOff
        Bound.DonePassed | HtlcEventsLost | Bound.DonePassed | LookupCircuits
        Bound.DonePassed | Restarted | Bound.DonePassed | LookupCircuits
        Bound.DonePassed | Restarted (late) | Bound.DonePassed | LookupCircuits
        Bound.DonePassed | TimePassed (late) | Bound.DonePassed | LookupCircuits
        Settled | DoneReceived | Settled.DonePassed | SendDone
        Failed | DoneReceived | Failed.DonePassed | SendDone
        Expired | HtlcBound | Bound | Reserve
        Released | HtlcBound | Bound | Reserve
        """;

    public static TheoryData<string> InitiatorStates => [.. RingScene.Initiator.States.Select(RingScene.Label)];

    public static TheoryData<string> MemberStates => [.. RingScene.Member.States.Select(RingScene.Label)];

    [Theory]
    [MemberData(nameof(InitiatorStates))]
    public void The_initiator_does_what_the_table_says_and_nothing_else(string state) =>
        AssertTable(RingScene.Initiator, InitiatorTable, state);

    [Theory]
    [MemberData(nameof(MemberStates))]
    public void A_member_does_what_the_table_says_and_nothing_else(string state) => AssertTable(RingScene.Member, MemberTable, state);

    [Fact]
    public void No_event_and_no_state_is_forgotten()
    {
        var events = typeof(RingEvent).GetNestedTypes().Order(ByName).ToArray();

        Assert.NotEmpty(events);
        Assert.Equal(events, RingScene.Initiator.Samples.Select(sample => sample.Event.GetType()).Distinct().Order(ByName));
        Assert.Equal(events, RingScene.Member.Samples.Select(sample => sample.Event.GetType()).Distinct().Order(ByName));
        Assert.Equal(
            typeof(InitiatorState).GetNestedTypes().Order(ByName),
            RingScene.Initiator.States.Select(state => state.GetType()).Distinct().Order(ByName));
        Assert.Equal(
            typeof(MemberState).GetNestedTypes().Order(ByName),
            RingScene.Member.States.Select(state => state.GetType()).Distinct().Order(ByName));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_row_of_the_table_names_a_state_and_an_event_there_is(bool isInitiator)
    {
        var scene = isInitiator ? RingScene.Initiator : RingScene.Member;
        var rows = Rows(isInitiator ? InitiatorTable : MemberTable);

        Assert.All(rows, row => Assert.Contains(scene.States, state => RingScene.Label(state) == row.State));
        Assert.All(rows, row => Assert.Contains(scene.Samples, sample => sample.Label == row.Event));
        Assert.Equal(rows.Length, rows.Select(row => (row.State, row.Event)).Distinct().Count());
    }

    [Fact]
    public void A_state_of_one_half_with_the_terms_of_the_other_is_our_own_fault()
    {
        var fault = Assert.Throws<ArgumentException>(
            () => RingMachine.Apply(RingScene.InitiatorTerms, new MemberState.Bound(RingScene.Binding, default, default), new RingEvent.TimePassed(RingScene.Early)));

        Assert.StartsWith($"A ring cannot be Bound for the {RingScene.InitiatorTerms}", fault.Message, StringComparison.Ordinal);
    }

    private static Comparer<Type> ByName { get; } = Comparer<Type>.Create((left, right) => string.CompareOrdinal(left.Name, right.Name));

    private static void AssertTable(RingScene scene, string table, string label)
    {
        var state = scene.State(label);
        var rows = Rows(table).Where(row => row.State == label).ToDictionary(row => row.Event);
        var differences = new List<string>();
        foreach (var sample in scene.Samples)
        {
            var (next, effects) = scene.Apply(state, sample.Event);
            var got = $"{RingScene.Label(next)} | {string.Join(", ", effects.Select(effect => effect.GetType().Name))}";
            var expected = rows.TryGetValue(sample.Label, out var row) ? $"{row.Next} | {row.Effects}" : $"{label} | ";
            if (got != expected || (row is null && next != state))
            {
                differences.Add($"{label} | {sample.Label} | {got}   where the table has   {expected}");
            }
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }

    private static Row[] Rows(string table) =>
        [.. table.Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Select(cells => new Row(cells[0], cells[1], cells[2], cells[3]))];

    private sealed record Row(string State, string Event, string Next, string Effects);
}
