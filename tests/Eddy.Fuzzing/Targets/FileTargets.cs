using System.IO.Compression;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Eddy.Lnd.Access;
using Eddy.Security;
using Eddy.Simulator;
using Eddy.Simulator.Grpc;

namespace Eddy.Fuzzing.Targets;

/// <summary>A macaroon's file, and the same bytes at the simulator's door.</summary>
internal sealed class MacaroonTarget : FuzzTarget
{
    private static readonly byte[] RootKey = new byte[32];

    public override string Name => "macaroon";

    public override string What => "a macaroon file: read or refused in words; both readers of identifiers agree; never valid after a change";

    public override bool IsProtobuf => true;

    public override IReadOnlyList<byte[]> Dictionary => Words.Of("offchain", "read", "uri", "lnd", "0201036c6e64");

    public override IEnumerable<byte[]> Seeds()
    {
        var id = new MacaroonId([.. new byte[MacaroonId.NonceSize]], "701", [new("uri", "/lnrpc.Lightning/GetInfo"), new("offchain", "read"), new("offchain", "write")]);
        var macaroon = Simulator.Grpc.Macaroon.Create(RootKey, "lnd", id.ToBytes());
        yield return macaroon.ToBytes();
        yield return macaroon.WithCaveat("time-before 2030-01-01T00:00:00Z").WithCaveat("ipaddr 127.0.0.1").ToBytes();
        yield return Words.Bytes(Convert.ToHexStringLower(macaroon.ToBytes()) + "\n");
        yield return id.ToBytes();
    }

    public override int Execute(byte[] input)
    {
        var outcome = 0;
        try
        {
            var read = Lnd.Access.Macaroon.Parse("file", input);
            Check.That(read.Bytes[0] == 2 && read.ToString() == "(macaroon)", "A macaroon that is none, or that shows itself.");
            Check.SameBytes(read.Bytes, Convert.FromHexString(read.Hex), "macaroon");
            outcome = MacaroonIdentifier.ReadOperations(read.Bytes) is { } operations ? 3 + Math.Min(8, operations.Count) : 2;
        }
        catch (LndProblemException problem)
        {
            outcome = (int)problem.Problem.Kind + 100;
        }

        if (Simulator.Grpc.Macaroon.Parse(input).TryGet(out var macaroon, out _))
        {
            outcome |= 1 << 10;
            var again = Simulator.Grpc.Macaroon.Parse(macaroon.ToBytes()).Value;
            Check.That(again.Id.SequenceEqual(macaroon.Id) && again.Signature.SequenceEqual(macaroon.Signature) && again.Location == macaroon.Location, "A macaroon changed.");
            if (MacaroonId.TryParse(macaroon.Id.AsSpan()) is { } id)
            {
                outcome |= 1 << 11;
                var operations = MacaroonIdentifier.ReadOperations(input);
                Check.That(operations is not null && operations.SetEquals(id.Ops.Select(static op => (op.Entity, op.Action))), "The two readers of an identifier differ.");
            }
        }

        MacaroonId.TryParse(input);
        return outcome;
    }
}

/// <summary>LND's certificate.</summary>
internal sealed class CertificateTarget : FuzzTarget
{
    public override string Name => "certificate";

    public override string What => "a certificate file in PEM form: read, or refused in words";

    public override IReadOnlyList<byte[]> Dictionary => Words.Of("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "\n", "MII", "AQ==");

    public override int Weight => 1;

    public override AllocationBound Bound => new(256_000, 512);

    public override IEnumerable<byte[]> Seeds()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=lnd", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(60));
        var pem = certificate.ExportCertificatePem();
        yield return Words.Bytes(pem);
        yield return Words.Bytes($"# two\n{pem}\n{pem}\n");
    }

    public override int Execute(byte[] input)
    {
        try
        {
            var certificates = PinnedCertificate.Parse("file", Words.Text(input));
            foreach (var certificate in certificates)
            {
                _ = certificate.NotAfter;
                certificate.Dispose();
            }

            return certificates.Count;
        }
        catch (PinnedCertificateException exception)
        {
            return -1 - (int)exception.Fault;
        }
    }
}

/// <summary>A channel graph as lncli describegraph writes it.</summary>
internal class GraphTarget : FuzzTarget
{
    private const string Key1 = "020000000000000000000000000000000000000000000000000000000000000001";
    private const string Key2 = "020000000000000000000000000000000000000000000000000000000000000002";

    public override string Name => "graph";

    public override string What => "a channel graph in JSON: read, or refused in words; what is read hangs together";

    public override IReadOnlyList<byte[]> Dictionary => Words.Of(
        "\"nodes\":[", "\"edges\":[", "\"pub_key\":", "\"alias\":", "\"channel_id\":", "\"capacity\":", "\"node1_pub\":", "\"node1_policy\":", "\"node2_policy\":", "\"disabled\":",
        "true", "null", "{", "}", "[", "]", ",", ":", "\"1\"", "-1", "1e400", "9223372036854775807", "9223372036854775808", "\\ud800", "\"inbound_fee_base_msat\":", "[[[[[[[[[[[[[[[[");

    // The JSON reader's buffer comes from a pool that may have to make it.
    public override AllocationBound Bound => new(512_000, 512);

    protected static string Graph { get; } = $$$"""
        {"nodes":[{"pub_key":"{{{Key1}}}","alias":"one"},{"pub_key":"{{{Key2}}}","alias":"two"}],
         "edges":[{"channel_id":"770000000000000000","capacity":"1000000","node1_pub":"{{{Key1}}}","node2_pub":"{{{Key2}}}",
          "node1_policy":{"time_lock_delta":80,"min_htlc":"1000","fee_base_msat":"1000","fee_rate_milli_msat":"250","disabled":false,"max_htlc_msat":"990000000","inbound_fee_base_msat":-10},
          "node2_policy":{"time_lock_delta":40,"min_htlc":"1","fee_base_msat":"0","fee_rate_milli_msat":"1","disabled":false,"max_htlc_msat":"990000000"}}],"other":{"a":[1,2]}}
        """;

    public override IEnumerable<byte[]> Seeds() => [Words.Bytes(Graph)];

    public override int Execute(byte[] input) => Read("graph.json", input);

    protected static int Read(string path, byte[] input)
    {
        try
        {
            var snapshot = GraphFileReader.ReadGraph(path, () => new MemoryStream(input));
            foreach (var channel in snapshot.Channels)
            {
                Check.That(channel.Node1 != channel.Node2 && channel.Node1 < snapshot.NodeCount && channel.Node2 < snapshot.NodeCount, "A channel without ends.");
                Check.That(ReferenceEquals(snapshot.Find(channel.Id), channel) && snapshot.ChannelsOf(channel.Node1).Contains(channel), "A channel that cannot be found.");
                Check.That(channel.CapacitySat is >= 20_000 and <= 2_100_000_000_000_000, "An impossible capacity.");
            }

            return snapshot.Channels.Count;
        }
        catch (GraphFileException exception)
        {
            Check.That(exception.Message.Contains(path, StringComparison.Ordinal) && exception.Message.Length < 1_000, "A complaint that does not say about what.");
            return -1;
        }
    }
}

/// <summary>The same in a gzip file, a bomb perhaps.</summary>
internal sealed class GraphGzipTarget : GraphTarget
{
    public override string Name => "graph-gzip";

    public override string What => "the same, compressed";

    // A byte of it may stand for a thousand of JSON.
    public override int Weight => 1;

    public override AllocationBound Bound => new(20_000_000, 128_000);

    public override IEnumerable<byte[]> Seeds()
    {
        yield return Zip(Words.Bytes(Graph));
        yield return Zip(Words.Bytes("{\"nodes\":[" + new string(' ', 300_000)));
        yield return Zip(Words.Bytes("{\"nodes\":[\"" + new string('x', 300_000)));
    }

    public override int Execute(byte[] input) => Read("graph.json.gz", input);

    private static byte[] Zip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionLevel.SmallestSize))
        {
            zip.Write(bytes);
        }

        return stream.ToArray();
    }
}

/// <summary>Balances to a channel graph.</summary>
internal sealed class BalancesTarget : FuzzTarget
{
    private const string Header = "channel_id,capacity,node1_local_sat\n";

    public override string Name => "balances";

    public override string What => "a file of balances: read, or refused with its line; no balance beyond its channel";

    public override IReadOnlyList<byte[]> Dictionary => Words.Of(Header, "770000000000000000", ",", "\n", "\r", "1000000", "-1", "18446744073709551616", "\uFEFF");

    public override AllocationBound Bound => new(128_000, 256);

    public override IEnumerable<byte[]> Seeds() => [Words.Bytes(Header + "770000000000000000,1000000,400000\n\n1,2,1\n")];

    public override int Execute(byte[] input)
    {
        var snapshot = new GraphSnapshot();
        var policy = new Lightning.RoutingPolicy(0, 0, 40, default, default);
        snapshot.TryAdd(770_000_000_000_000_000, "a", "b", 1_000_000, policy, policy);
        try
        {
            GraphFileReader.ReadBalances("balances.csv", () => new MemoryStream(input), snapshot);
            Check.That(snapshot.Channels[0].Node1Sat is null or (>= 0 and <= 1_000_000), "An impossible balance.");
            return snapshot.Channels[0].Node1Sat is null ? 0 : 1;
        }
        catch (GraphFileException exception)
        {
            Check.That(exception.Message.Contains("balances.csv", StringComparison.Ordinal) && exception.Message.Length < 1_000, "A complaint that does not say about what.");
            return 2;
        }
    }
}
