using Eddy.Engine.Ports;
using Eddy.Lightning;

namespace Eddy.Engine;

/// <summary>Verifies by itself, without LND. One owner.</summary>
public sealed class OfflineVerifier : ISignatureVerifier, IDisposable
{
    private readonly NodeSignatureVerifier _verifier = new();

    /// <inheritdoc/>
    public bool Verify(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature) =>
        _verifier.Verify(node, domain, payload, signature);

    public void Dispose() => _verifier.Dispose();
}
