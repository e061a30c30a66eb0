using Eddy.Lightning;

namespace Eddy.Simulator.Faults;

/// <summary>
/// What a node holds, with what it is owed for HTLCs whose outgoing leg is settled, and without what it is just now sending round to
/// itself. This never falls, from one step to the next, by more than the node's operator chose to pay.
/// </summary>
internal sealed class NobodyPays() : Invariant("nobody-pays", "No node's total falls but by the payments its operator chose to make; a ring costs nothing.")
{
    private readonly Dictionary<SimulatedNode, Account> _accounts = [];
    private readonly HashSet<SimulatedNode> _touched = [];
    private readonly HashSet<Htlc> _owed = [];
    private readonly Dictionary<PaymentHash, SimulatedNode> _payers = [];
    private readonly Dictionary<PaymentHash, long> _cameHome = [];

    public override void OnAdded(Htlc htlc)
    {
        AccountOf(htlc.Offerer.Node);
        AccountOf(htlc.Receiver.Node);
        if (htlc.Circuit?.AttemptId is not null)
        {
            _payers[htlc.Hash] = htlc.Offerer.Node;
        }
    }

    public override void OnRemoved(Htlc htlc, bool isSettled)
    {
        var (offerer, receiver) = (htlc.Offerer.Node, htlc.Receiver.Node);
        _touched.Add(offerer);
        _touched.Add(receiver);
        if (_owed.Remove(htlc))
        {
            AccountOf(receiver).Owed -= htlc.Amount.Value;
        }
        else if (isSettled && _payers.GetValueOrDefault(htlc.Hash) == receiver && htlc.Onion.IsFinal(htlc.HopIndex))
        {
            AccountOf(receiver).Underway += htlc.Amount.Value;
            _cameHome[htlc.Hash] = _cameHome.GetValueOrDefault(htlc.Hash) + htlc.Amount.Value;
        }

        if (isSettled)
        {
            OnPaid(htlc, offerer);
        }
    }

    public override void AfterStep()
    {
        if (_touched.Count == 0)
        {
            return;
        }

        foreach (var node in _touched)
        {
            var account = AccountOf(node);
            var total = node.Wealth.Value + account.Owed - account.Underway;
            var loss = account.Total - account.Chosen - total;
            (account.Total, account.Chosen) = (total, 0);
            if (loss > 0)
            {
                Run.MsatLost += loss;
                Violate($"{node.Alias} has {loss} msat less and did not choose to pay them.");
            }
        }

        _touched.Clear();
    }

    private void OnPaid(Htlc htlc, SimulatedNode offerer)
    {
        if (htlc.Circuit is not { } circuit)
        {
            return;
        }

        if (circuit.AttemptId is not null)
        {
            if (Run.IsOrdinary(htlc.Hash))
            {
                AccountOf(offerer).Chosen += htlc.Amount.Value;
            }
            else
            {
                // Only what came home: the rest was paid to somebody.
                AccountOf(offerer).Underway -= _cameHome.GetValueOrDefault(htlc.Hash);
                _cameHome.Remove(htlc.Hash);
            }
        }
        else if (circuit is { Incoming: { } key, IncomingEnd: { } end } && end.Incoming.TryGetValue(key.HtlcId, out var incoming) && _owed.Add(incoming))
        {
            AccountOf(offerer).Owed += incoming.Amount.Value;
        }
    }

    private Account AccountOf(SimulatedNode node)
    {
        if (!_accounts.TryGetValue(node, out var account))
        {
            // Made before the first HTLC moves anything, since adding one leaves the total as it is.
            _accounts.Add(node, account = new() { Total = node.Wealth.Value });
        }

        return account;
    }

    private sealed class Account
    {
        public long Total { get; set; }

        /// <summary>Incoming HTLCs whose outgoing leg is settled: the preimage is there, the money follows.</summary>
        public long Owed { get; set; }

        /// <summary>Received from itself, while the first leg is not settled yet.</summary>
        public long Underway { get; set; }

        /// <summary>Paid by choice in this step.</summary>
        public long Chosen { get; set; }
    }
}
