using System.Collections.Immutable;
using Eddy.Configuration;

namespace Eddy.Setup;

/// <summary>What eddy needs to know of LND's own configuration file. LND has many more keys, and reads them without regard to sections; so do we.</summary>
internal sealed class LndConf
{
    private const int DefaultPort = 10009;
    private const int LongestFile = 1024 * 1024;

    private static readonly ImmutableArray<string> Networks = ["mainnet", "testnet", "testnet4", "signet", "simnet", "regtest"];
    private readonly ILookup<string, string> _values;
    private readonly string _directory;

    private LndConf(string path, bool exists, string directory, IEnumerable<IniEntry> entries)
    {
        (Path, Exists, _directory) = (path, exists, directory);
        _values = entries.ToLookup(entry => entry.Key, entry => entry.Value);
    }

    public string Path { get; }

    /// <summary>False where there is none, or none that we may read: then LND's own defaults are all that is known.</summary>
    public bool Exists { get; }

    /// <summary>LND forwards nothing while no interceptor is there.</summary>
    public bool RequiresInterceptor => IsSet("requireinterceptor");

    /// <summary>As it stands there, like <c>5s</c>; null where it does not.</summary>
    public string? PingTime => Last("grpc.server-ping-time");

    public string? PingTimeout => Last("grpc.server-ping-timeout");

    public string Certificate => Expand(Last("tlscertpath") ?? "tls.cert");

    /// <summary>The network it names, or the only one that has an admin macaroon; null where neither says it.</summary>
    public string? Network => Networks.FirstOrDefault(network => IsSet($"bitcoin.{network}")) ?? OnlyNetwork();

    /// <param name="directory">LND's directory; the file is <c>lnd.conf</c> in it.</param>
    public static LndConf Read(string directory)
    {
        var path = System.IO.Path.Combine(directory, "lnd.conf");
        try
        {
            return BoundedText.Read(path, LongestFile) is { } text ? new(path, true, directory, IniFile.Parse(path, text).Entries) : new(path, false, directory, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(path, false, directory, []);
        }
    }

    /// <summary>Where its gRPC API can be reached from this machine.</summary>
    public ImmutableArray<string> Hosts
    {
        get
        {
            var listened = _values["rpclisten"].Select(ToHost).OfType<string>().Distinct().ToImmutableArray();
            return listened.IsEmpty ? [$"127.0.0.1:{DefaultPort}"] : listened;
        }
    }

    public string AdminMacaroon(string network) =>
        Last("adminmacaroonpath") is { } path ? Expand(path) : System.IO.Path.Combine(ChainDirectory, network, "admin.macaroon");

    private string ChainDirectory => System.IO.Path.Combine(Expand(Last("datadir") ?? "data"), "chain", "bitcoin");

    private static string? ToHost(string listener)
    {
        // LND takes a bare port, a bare host, and sockets, which we do not.
        var text = listener.StartsWith("tcp://", StringComparison.Ordinal) ? listener["tcp://".Length..] : listener;
        if (text.StartsWith("unix", StringComparison.Ordinal) || text.Length == 0)
        {
            return null;
        }

        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']');
        var host = hasPort ? text[..colon] : text;
        var port = hasPort ? text[(colon + 1)..] : $"{DefaultPort}";
        return host is "" or "0.0.0.0" or "[::]" or "localhost" ? $"127.0.0.1:{port}" : $"{host}:{port}";
    }

    private string? OnlyNetwork()
    {
        var found = Networks.Where(network => File.Exists(AdminMacaroon(network))).ToArray();
        return found.Length == 1 || Last("adminmacaroonpath") is null ? found.FirstOrDefault() : null;
    }

    private bool IsSet(string key) => Last(key) is { } value && value.ToUpperInvariant() is "1" or "TRUE" or "T";

    private string? Last(string key) => _values[key].LastOrDefault(value => value.Length > 0);

    private string Expand(string path) =>
        ConfigReaders.ExpandPath(path.Replace("$HOME", "~", StringComparison.Ordinal), _directory);
}
