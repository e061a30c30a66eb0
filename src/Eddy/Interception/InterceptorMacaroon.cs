using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Eddy.Hosting;

namespace Eddy.Interception;

/// <summary>
/// What lets other programs use eddy's interceptor endpoint: a macaroon in the binary form of LND's (version 2), good for nothing else. It may
/// have been narrowed by conditions that LND knows as well: <c>time-before</c> and <c>ipaddr</c>.
/// </summary>
internal sealed class InterceptorMacaroon
{
    private const string Location = "eddy";
    private const int KeySize = 32;
    private const int IdSize = 16;
    private const int LongestHex = 16 * 1024;
    private static readonly byte[] KeyGenerator = Encoding.ASCII.GetBytes("macaroons-key-generator");

    private readonly byte[] _id;
    private readonly byte[] _signature;

    private InterceptorMacaroon(byte[] key, byte[] id)
    {
        _id = id;
        _signature = HMACSHA256.HashData(HMACSHA256.HashData(KeyGenerator, key), id);
    }

    /// <summary>As it stands in the file.</summary>
    public byte[] Bytes => [2, .. Field(1, Encoding.ASCII.GetBytes(Location)), .. Field(2, _id), 0, 0, .. Field(6, _signature)];

    public static string PathIn(string directory) => Path.Combine(directory, "interceptor.macaroon");

    /// <summary>The directory's; a new one where there is none. Taking its two files away takes back what it allows.</summary>
    public static InterceptorMacaroon OpenOrCreate(string directory)
    {
        var root = Path.Combine(directory, "interceptor.rootkey");
        if (!File.Exists(root) || Convert.FromHexString(File.ReadAllText(root).Trim()) is not { Length: KeySize + IdSize })
        {
            PrivateFile.WriteAllText(root, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeySize + IdSize)) + "\n");
        }

        var secret = Convert.FromHexString(File.ReadAllText(root).Trim());
        var macaroon = new InterceptorMacaroon(secret[..KeySize], secret[KeySize..]);
        var path = PathIn(directory);
        if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(macaroon.Bytes))
        {
            PrivateFile.WriteAllText(path, "");
            File.WriteAllBytes(path, macaroon.Bytes);
        }

        return macaroon;
    }

    /// <summary>Null where this text, the macaroon in hexadecimal as LND's clients send it, lets its sender in; else why not.</summary>
    public string? Fault(string? hex, string peer, DateTimeOffset now)
    {
        if (hex is null or { Length: 0 or > LongestHex })
        {
            return "expected 1 macaroon, got 0";
        }

        byte[] bytes;
        try
        {
            bytes = Convert.FromHexString(hex);
        }
        catch (FormatException)
        {
            return "the macaroon is not hexadecimal";
        }

        return TryParse(bytes, out var id, out var conditions, out var signature)
            ? FaultOf(id, conditions, signature, peer, now)
            : "cannot get macaroon: it is none of version 2";
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, out byte[] id, out List<byte[]> conditions, out byte[] signature)
    {
        (id, conditions, signature) = ([], [], []);
        if (bytes is not [2, ..])
        {
            return false;
        }

        // A section is a row of fields with a 0 at its end; the first is the macaroon's own, then one for each condition, then an empty one.
        var rest = bytes[1..];
        for (var isFirst = true; !rest.IsEmpty; isFirst = false)
        {
            if (!isFirst && rest[0] == 0)
            {
                rest = rest[1..];
                return TryRead(ref rest, out var kind, out signature) && kind == 6 && rest.IsEmpty;
            }

            byte[]? named = null;
            while (!rest.IsEmpty && rest[0] != 0)
            {
                if (!TryRead(ref rest, out var kind, out var value) || kind is not (1 or 2))
                {
                    return false;
                }

                named = kind == 2 ? value : named;
            }

            if (rest.IsEmpty || named is null)
            {
                return false;
            }

            rest = rest[1..];
            if (isFirst)
            {
                id = named;
            }
            else
            {
                conditions.Add(named);
            }
        }

        return false;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> rest, out int kind, out byte[] value)
    {
        (kind, value) = (0, []);
        if (rest.Length < 2)
        {
            return false;
        }

        kind = rest[0];
        rest = rest[1..];
        var (length, shift) = (0, 0);
        while (true)
        {
            if (rest.IsEmpty || shift > 14)
            {
                return false;
            }

            var part = rest[0];
            rest = rest[1..];
            length |= (part & 0x7f) << shift;
            shift += 7;
            if (part < 0x80)
            {
                break;
            }
        }

        if (length > rest.Length)
        {
            return false;
        }

        value = rest[..length].ToArray();
        rest = rest[length..];
        return true;
    }

    private static byte[] Field(byte kind, byte[] value) => [kind, (byte)value.Length, .. value];

    private string? FaultOf(byte[] id, List<byte[]> conditions, byte[] signature, string peer, DateTimeOffset now)
    {
        var expected = _signature;
        foreach (var condition in conditions)
        {
            expected = HMACSHA256.HashData(expected, condition);
        }

        if (!id.AsSpan().SequenceEqual(_id) || !CryptographicOperations.FixedTimeEquals(expected, signature))
        {
            return "verification failed: it is not the macaroon of this endpoint, which stands in the data directory";
        }

        return conditions.Select(condition => FaultOf(Encoding.UTF8.GetString(condition), peer, now)).FirstOrDefault(static fault => fault is not null);
    }

    private static string? FaultOf(string condition, string peer, DateTimeOffset now)
    {
        var words = condition.Split(' ', 2);
        return words switch
        {
            ["time-before", var time] => DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end) && now < end ? null : "macaroon has expired",
            ["ipaddr", var address] => peer.Contains($":{address.Trim()}:", StringComparison.Ordinal) || peer.Contains($"[{address.Trim()}]", StringComparison.Ordinal) ? null : "macaroon locked to different IP address",
            _ => $"caveat \"{words[0]}\" not satisfied: condition not recognized",
        };
    }
}
