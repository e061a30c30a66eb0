using Eddy.Lightning;

namespace Eddy.Simulator.Faults;

/// <summary>What a member signed and sent: the acceptance, as anybody outside the process could have seen it.</summary>
/// <param name="Until">By the member's own clock.</param>
internal sealed record Promise(PaymentHash Hash, NodeId Previous, long LeastMsat, long MostMsat, DateTimeOffset Until);

/// <summary>One node of a run: its daemon, and what was seen of it from outside.</summary>
internal sealed class FaultNode(int index, SimulatedDaemon daemon)
{
    private readonly Dictionary<PaymentHash, Promise> _promises = [];
    private readonly Dictionary<CircuitKey, DateTimeOffset> _verdicts = [];
    private bool _isServed;

    public int Index => index;

    public SimulatedDaemon Daemon => daemon;

    public string Alias => daemon.Node.Alias;

    /// <summary>The daemon runs, and its LND has listed its channels to it.</summary>
    public bool IsServed => daemon.IsRunning && _isServed;

    /// <summary>HTLCs that were let through for rings that had been given up meanwhile: they count beyond the limit of rings under way.</summary>
    public int Late { get; set; }

    public Promise? FindPromise(PaymentHash hash) => _promises.GetValueOrDefault(hash);

    public void Add(Promise promise) => _promises.TryAdd(promise.Hash, promise);

    /// <summary>When by its own clock the gate decided about this HTLC; now, where nobody asked it.</summary>
    public DateTimeOffset DecidedAt(CircuitKey key) => _verdicts.TryGetValue(key, out var at) ? at : daemon.Clock.GetUtcNow();

    public void Decided(CircuitKey key) => _verdicts[key] = daemon.Clock.GetUtcNow();

    public void SetServed(bool isServed) => _isServed = isServed;
}
