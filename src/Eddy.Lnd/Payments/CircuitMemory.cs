using System.Collections.Concurrent;
using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Lnd.Payments;

/// <summary>The amounts of the circuits we waived lately. LND before 0.19 does not say which HTLC a settled forward was.</summary>
internal sealed class CircuitMemory
{
    private const int Capacity = 4_096;

    private readonly ConcurrentDictionary<CircuitKey, WaiverBinding> _bindings = new();
    private readonly ConcurrentQueue<CircuitKey> _order = new();

    public void Remember(WaiverBinding binding)
    {
        if (_bindings.TryAdd(binding.Key, binding))
        {
            _order.Enqueue(binding.Key);
        }

        while (_bindings.Count > Capacity && _order.TryDequeue(out var oldest))
        {
            _bindings.TryRemove(oldest, out _);
        }
    }

    public WaiverBinding? Find(CircuitKey key) => _bindings.GetValueOrDefault(key);
}
