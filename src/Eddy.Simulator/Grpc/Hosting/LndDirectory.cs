using System.Security.Cryptography.X509Certificates;

namespace Eddy.Simulator.Grpc;

/// <summary>A node's files, where LND has them.</summary>
internal sealed class LndDirectory
{
    private readonly string _root;
    private readonly string _network;

    public LndDirectory(string root, string network)
    {
        (_root, _network) = (Path.GetFullPath(root), network);
        System.IO.Directory.CreateDirectory(NetworkFolder);
    }

    public string Certificate => Path.Combine(_root, "tls.cert");

    public string AdminMacaroon => Path.Combine(NetworkFolder, "admin.macaroon");

    public string ReadOnlyMacaroon => Path.Combine(NetworkFolder, "readonly.macaroon");

    public string InvoiceMacaroon => Path.Combine(NetworkFolder, "invoice.macaroon");

    private string NetworkFolder => Path.Combine(_root, "data", "chain", "bitcoin", _network);

    public X509Certificate2 WriteCertificate(DateTimeOffset now) => TlsCertificate.Create(Certificate, Path.Combine(_root, "tls.key"), now);

    public void WriteMacaroons(MacaroonBakery bakery)
    {
        PrivateFile.Write(AdminMacaroon, bakery.Bake(MethodPermissions.Admin).ToBytes());
        PrivateFile.Write(ReadOnlyMacaroon, bakery.Bake(MethodPermissions.ReadOnly).ToBytes());
        PrivateFile.Write(InvoiceMacaroon, bakery.Bake(MethodPermissions.Invoice).ToBytes());
    }
}
