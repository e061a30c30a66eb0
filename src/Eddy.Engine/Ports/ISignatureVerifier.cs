using Eddy.Lightning;

namespace Eddy.Engine.Ports;

/// <summary>
/// Checks node signatures, which is the dearest thing an engine does (about a millisecond each). The daemon gives each engine one of its own;
/// a simulation of thousands shares one that remembers what it has checked.
/// </summary>
public interface ISignatureVerifier
{
    /// <summary>True where <paramref name="signature"/> is one by <paramref name="node"/> over <paramref name="payload"/> in <paramref name="domain"/>. Takes any bytes and never throws.</summary>
    bool Verify(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature);
}
