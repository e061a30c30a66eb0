using System.Security.Cryptography;
using Eddy.Engine.Ports;

namespace Eddy.Engine;

/// <summary>The operating system's cryptographic generator.</summary>
public sealed class CryptographicEntropy : IEntropy
{
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
