using Eddy.Engine;
using Eddy.Engine.Ports;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>Really verifies, but each signature once for all nodes of a simulation.</summary>
public sealed class RememberingVerifier : ISignatureVerifier, IDisposable
{
    private readonly OfflineVerifier _verifier = new();
    private readonly Dictionary<(NodeId Node, SignatureDomain Domain, Bytes32 Payload, Bytes32 Signature), bool> _known = [];

    /// <summary>Signatures really verified.</summary>
    public int Count => _known.Count;

    public void Dispose() => _verifier.Dispose();

    public bool Verify(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature)
    {
        var key = (node, domain, Bytes32.Sha256(payload), Bytes32.Sha256(signature));
        if (!_known.TryGetValue(key, out var isGood))
        {
            isGood = _verifier.Verify(node, domain, payload, signature);
            _known.Add(key, isGood);
        }

        return isGood;
    }
}
