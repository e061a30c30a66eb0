using System.Security.Cryptography;
using Eddy.Engine.Ports;
using Eddy.Lightning;

namespace Eddy.Simulator.Faults;

/// <summary>
/// Signatures of a simulation: of the right form, different for each node and message, and a thousand times cheaper than those over
/// secp256k1. Whoever holds this object can sign for anybody, so forgers in the simulation must not.
/// </summary>
internal sealed class SimulatedSignatures(ulong seed) : ISignatureVerifier
{
    private const byte Header = 31;
    private const int HalfSize = 32;

    /// <summary>What SignMessage would return: 65 bytes.</summary>
    public byte[] Sign(NodeId node, ReadOnlySpan<byte> message)
    {
        var signature = new byte[NodeSignature.Size];
        Write(node, message, signature);
        return signature;
    }

    public byte[] Sign(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload) => Sign(node, NodeSignature.Message(domain, payload));

    public bool Verify(NodeId node, SignatureDomain domain, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature)
    {
        Span<byte> expected = stackalloc byte[NodeSignature.Size];
        Write(node, NodeSignature.Message(domain, payload), expected);
        return expected.SequenceEqual(signature);
    }

    private void Write(NodeId node, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Span<byte> input = stackalloc byte[sizeof(ulong) + NodeId.Size + message.Length];
        BitConverter.TryWriteBytes(input, seed);
        node.CopyTo(input[sizeof(ulong)..]);
        message.CopyTo(input[(sizeof(ulong) + NodeId.Size)..]);
        signature[0] = Header;
        SHA256.HashData(input, signature.Slice(1, HalfSize));

        // Below the group order and above zero, as r and s are.
        signature[1] = 1;
        signature.Slice(1, HalfSize).CopyTo(signature[(1 + HalfSize)..]);
    }
}
