using System.Globalization;
using System.Text;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>Writes payment requests (BOLT 11), so that other software can read what AddInvoice returns.</summary>
internal static class Bolt11
{
    private const string Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    private const int TimestampGroups = 7;
    private const int ChecksumGroups = 6;

    // var_onion_optin (8) and payment_secret (14), both required, and basic_mpp (17): bits 19..15, 14..10, 9..5, 4..0.
    private static readonly byte[] Features = [1 << 2, 1 << 4, 1 << 3, 0];

    public static string Encode(Invoice invoice, NodeKey key, string chain)
    {
        var prefix = "ln" + Currency(chain) + Amount(invoice.Value);
        var data = new List<byte>();
        AppendNumber(data, (ulong)invoice.CreationDate.ToUnixTimeSeconds(), TimestampGroups);
        AppendField(data, 'p', ToGroups(invoice.Hash.Value.ToArray()));
        AppendField(data, 's', ToGroups(invoice.PaymentAddr.ToArray()));
        if (invoice.DescriptionHash.IsEmpty)
        {
            AppendField(data, 'd', ToGroups(Encoding.UTF8.GetBytes(invoice.Memo)));
        }
        else
        {
            AppendField(data, 'h', ToGroups(invoice.DescriptionHash.AsSpan()));
        }

        AppendField(data, 'c', ToNumber(invoice.CltvExpiry));
        AppendField(data, 'x', ToNumber((ulong)invoice.Expiry.TotalSeconds));
        AppendField(data, '9', Features);
        AppendSignature(data, prefix, key);
        data.AddRange(Checksum(prefix, data));

        var text = new StringBuilder(prefix).Append('1');
        foreach (var group in data)
        {
            text.Append(Alphabet[group]);
        }

        return text.ToString();
    }

    private static string Currency(string chain) => chain switch
    {
        "mainnet" => "bc",
        "testnet" or "testnet4" => "tb",
        "signet" => "tbs",
        "simnet" => "sb",
        _ => "bcrt",
    };

    /// <summary>The shortest of BOLT 11's forms: the unit is milli-, micro-, nano- or (with a last digit 0) pico-bitcoin.</summary>
    private static string Amount(MilliSatoshi value)
    {
        if (value == MilliSatoshi.Zero)
        {
            return "";
        }

        var (number, unit) = value.Value switch
        {
            var msat when msat % 100_000_000 == 0 => (msat / 100_000_000, "m"),
            var msat when msat % 100_000 == 0 => (msat / 100_000, "u"),
            var msat when msat % 100 == 0 => (msat / 100, "n"),
            var msat => (msat * 10, "p"),
        };
        return number.ToString(CultureInfo.InvariantCulture) + unit;
    }

    private static void AppendField(List<byte> data, char type, ReadOnlySpan<byte> groups)
    {
        data.Add((byte)Alphabet.IndexOf(type, StringComparison.Ordinal));
        data.Add((byte)(groups.Length >> 5));
        data.Add((byte)(groups.Length & 31));
        data.AddRange(groups);
    }

    private static void AppendNumber(List<byte> data, ulong value, int groups)
    {
        for (var i = groups - 1; i >= 0; i--)
        {
            data.Add((byte)((value >> (5 * i)) & 31));
        }
    }

    private static byte[] ToNumber(ulong value)
    {
        var groups = new List<byte>();
        for (; value > 0; value >>= 5)
        {
            groups.Insert(0, (byte)(value & 31));
        }

        return [.. groups];
    }

    private static byte[] ToGroups(ReadOnlySpan<byte> bytes)
    {
        var groups = new List<byte>();
        var buffer = 0;
        var bits = 0;
        foreach (var octet in bytes)
        {
            buffer = ((buffer << 8) | octet) & 0xFFF;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                groups.Add((byte)((buffer >> bits) & 31));
            }
        }

        if (bits > 0)
        {
            groups.Add((byte)((buffer << (5 - bits)) & 31));
        }

        return [.. groups];
    }

    /// <summary>The signature is over the prefix and the groups so far, padded to whole bytes.</summary>
    private static void AppendSignature(List<byte> data, string prefix, NodeKey key)
    {
        var text = new List<byte>(Encoding.ASCII.GetBytes(prefix));
        var buffer = 0;
        var bits = 0;
        foreach (var group in data)
        {
            buffer = ((buffer << 5) | group) & 0xFFF;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                text.Add((byte)((buffer >> bits) & 0xFF));
            }
        }

        if (bits > 0)
        {
            text.Add((byte)((buffer << (8 - bits)) & 0xFF));
        }

        var signature = new byte[65];
        signature[64] = (byte)MessageSignature.SignRaw(key, text.ToArray(), signature);
        data.AddRange(ToGroups(signature));
    }

    private static byte[] Checksum(string prefix, List<byte> data)
    {
        var values = new List<byte>();
        values.AddRange(prefix.Select(letter => (byte)(letter >> 5)));
        values.Add(0);
        values.AddRange(prefix.Select(letter => (byte)(letter & 31)));
        values.AddRange(data);
        values.AddRange(new byte[ChecksumGroups]);

        var remainder = PolyMod(values) ^ 1;
        return [.. Enumerable.Range(0, ChecksumGroups).Select(i => (byte)((remainder >> (5 * (ChecksumGroups - 1 - i))) & 31))];
    }

    private static uint PolyMod(List<byte> values)
    {
        uint[] generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        uint checksum = 1;
        foreach (var value in values)
        {
            var top = checksum >> 25;
            checksum = ((checksum & 0x1ffffff) << 5) ^ value;
            for (var i = 0; i < generator.Length; i++)
            {
                checksum ^= ((top >> i) & 1) == 1 ? generator[i] : 0;
            }
        }

        return checksum;
    }
}
