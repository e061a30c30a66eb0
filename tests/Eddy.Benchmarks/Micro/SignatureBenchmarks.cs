using BenchmarkDotNet.Attributes;
using Eddy.Lightning;
using Eddy.Simulator;

namespace Eddy.Benchmarks.Micro;

/// <summary>A node signature as LND makes them, checked against the key that is expected.</summary>
public class SignatureBenchmarks : IDisposable
{
    private const int AdvertSize = 600;

    private readonly byte[] _payload = new byte[AdvertSize];
    private readonly NodeSignatureVerifier _kept = new();

    // Room for one key: two nodes in turn push each other out.
    private readonly NodeSignatureVerifier _forgetful = new(capacity: 1);
    private readonly (NodeId Node, byte[] Signature)[] _signers = new (NodeId, byte[])[2];

    [GlobalSetup]
    public void Setup()
    {
        for (var i = 0; i < _signers.Length; i++)
        {
            var key = NodeKey.Derive(1, $"signer {i}");
            var signature = new byte[NodeSignature.Size];
            MessageSignature.SignDigest(key, NodeSignature.Digest(NodeSignature.Message(SignatureDomain.Advert, _payload)), signature);
            _signers[i] = (key.Id, signature);
        }
    }

    [Benchmark]
    public bool KnownKey() => Check(_kept, _signers[0]);

    [Benchmark(OperationsPerInvoke = 2)]
    public bool NewKey() => Check(_forgetful, _signers[0]) & Check(_forgetful, _signers[1]);

    public void Dispose()
    {
        _kept.Dispose();
        _forgetful.Dispose();
        GC.SuppressFinalize(this);
    }

    private bool Check(NodeSignatureVerifier verifier, (NodeId Node, byte[] Signature) signer) =>
        verifier.Verify(signer.Node, SignatureDomain.Advert, _payload, signer.Signature)
            ? true
            : throw new InvalidOperationException("A good signature does not verify.");
}
