using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Eddy.Simulator.Grpc;

/// <summary>
/// A macaroon with first-party caveats in the version 2 binary format, as LND writes it to <c>admin.macaroon</c>: location, identifier and
/// caveats, chained by HMAC-SHA256 from a root key.
/// </summary>
public sealed record Macaroon(string Location, ImmutableArray<byte> Id, ImmutableArray<string> Caveats, ImmutableArray<byte> Signature)
{
    private const byte Version = 2;

    // Five times seven bits hold any length there can be.
    private const int LongestVarint = 5;
    private const int FieldEnd = 0;
    private const int FieldLocation = 1;
    private const int FieldId = 2;
    private const int FieldSignature = 6;

    private static readonly byte[] KeyGenerator = Encoding.ASCII.GetBytes("macaroons-key-generator");

    public static Macaroon Create(ReadOnlySpan<byte> rootKey, string location, ReadOnlySpan<byte> id) =>
        new(location, [.. id], [], [.. HMACSHA256.HashData(HMACSHA256.HashData(KeyGenerator, rootKey), id)]);

    /// <summary>Reads the binary form; the error text is the one LND answers with.</summary>
    public static RpcResult<Macaroon> Parse(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return RpcError.Plain("empty macaroon data");
        }

        if (data[0] != Version)
        {
            // Version 1 begins with a hexadecimal digit; LND reads it and then refuses its version.
            return char.IsAsciiHexDigit((char)data[0])
                ? RpcError.Plain("unknown macaroon version: 1")
                : RpcError.Plain("cannot determine data format of binary-encoded macaroon");
        }

        try
        {
            return ParseBody(data[1..]);
        }
        catch (FormatException exception)
        {
            return RpcError.Plain($"unmarshal v2: {exception.Message}");
        }
    }

    /// <summary>Narrows the macaroon by one more condition. Needs no key.</summary>
    public Macaroon WithCaveat(string condition) => this with
    {
        Caveats = Caveats.Add(condition),
        Signature = [.. HMACSHA256.HashData(Signature.AsSpan(), Encoding.UTF8.GetBytes(condition))],
    };

    /// <summary>True when this macaroon was made with <paramref name="rootKey"/> and nothing in it was changed but caveats added.</summary>
    public bool IsSignedBy(ReadOnlySpan<byte> rootKey)
    {
        var expected = Caveats.Aggregate(Create(rootKey, Location, Id.AsSpan()), (macaroon, caveat) => macaroon.WithCaveat(caveat));
        return CryptographicOperations.FixedTimeEquals(expected.Signature.AsSpan(), Signature.AsSpan());
    }

    public byte[] ToBytes()
    {
        var bytes = new List<byte> { Version };
        AppendField(bytes, FieldLocation, Encoding.UTF8.GetBytes(Location));
        AppendField(bytes, FieldId, Id.AsSpan());
        bytes.Add(FieldEnd);
        foreach (var caveat in Caveats)
        {
            AppendField(bytes, FieldId, Encoding.UTF8.GetBytes(caveat));
            bytes.Add(FieldEnd);
        }

        bytes.Add(FieldEnd);
        AppendField(bytes, FieldSignature, Signature.AsSpan());
        return [.. bytes];
    }

    private static Macaroon ParseBody(ReadOnlySpan<byte> data)
    {
        var location = "";
        var (field, value) = NextField(ref data);
        if (field == FieldLocation)
        {
            location = Encoding.UTF8.GetString(value);
            (field, value) = NextField(ref data);
        }

        if (field != FieldId || NextField(ref data).Field != FieldEnd)
        {
            throw new FormatException("invalid macaroon header");
        }

        var id = value;
        var caveats = ImmutableArray.CreateBuilder<string>();
        for ((field, value) = NextField(ref data); field != FieldEnd; (field, value) = NextField(ref data))
        {
            // Discharge macaroons never reach LND, so a third party's caveat could not be satisfied anyway.
            if (field != FieldId || NextField(ref data).Field != FieldEnd)
            {
                throw new FormatException("no identifier in caveat");
            }

            caveats.Add(Encoding.UTF8.GetString(value));
        }

        (field, value) = NextField(ref data);
        return field != FieldSignature ? throw new FormatException("unexpected field found instead of signature")
            : value.Length != SHA256.HashSizeInBytes ? throw new FormatException("signature has unexpected length")
            : new(location, [.. id], caveats.ToImmutable(), [.. value]);
    }

    private static (int Field, byte[] Value) NextField(ref ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            throw new FormatException("section extends past end of buffer");
        }

        var field = NextVarint(ref data);
        if (field == FieldEnd)
        {
            return (field, []);
        }

        var length = NextVarint(ref data);
        if (length > data.Length)
        {
            throw new FormatException("field data extends past end of buffer");
        }

        var value = data[..length].ToArray();
        data = data[length..];
        return (field, value);
    }

    private static int NextVarint(ref ReadOnlySpan<byte> data)
    {
        long value = 0;
        for (var i = 0; i < Math.Min(data.Length, LongestVarint); i++)
        {
            value |= (long)(data[i] & 0x7F) << (7 * i);
            if (value > int.MaxValue)
            {
                break;
            }

            if (data[i] < 0x80)
            {
                data = data[(i + 1)..];
                return (int)value;
            }
        }

        throw new FormatException(value > int.MaxValue ? "varint value out of range" : "varint value extends past end of buffer");
    }

    private static void AppendField(List<byte> bytes, int field, ReadOnlySpan<byte> value)
    {
        AppendVarint(bytes, field);
        AppendVarint(bytes, value.Length);
        bytes.AddRange(value);
    }

    private static void AppendVarint(List<byte> bytes, int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value & 0x7F | 0x80));
        }

        bytes.Add((byte)value);
    }
}
