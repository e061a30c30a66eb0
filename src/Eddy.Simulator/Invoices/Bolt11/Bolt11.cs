using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>BOLT 11: payment requests to text and back, with LND's order of fields.</summary>
public static class Bolt11
{
    private const int TimestampWords = 7;
    private const int SignatureWords = 104;
    private const int HintSize = 51;
    private const int WordBits = 5;

    // 1,023 words of five bits are the most that a field's length can say.
    private const int MaxDescriptionBytes = 639;
    private const long PicoPerMsat = 10;

    // Values of the letters p, d, h, c, x, r, s, 9, n in Bech32's alphabet.
    private const byte TagHash = 1;
    private const byte TagDescription = 13;
    private const byte TagDescriptionHash = 23;
    private const byte TagCltv = 24;
    private const byte TagExpiry = 6;
    private const byte TagRoute = 3;
    private const byte TagSecret = 16;
    private const byte TagFeatures = 5;
    private const byte TagPayee = 19;

    // Picobitcoin in one unit of each multiplier.
    private static readonly (string Letter, long Pico)[] Multipliers =
        [("", 1_000_000_000_000), ("m", 1_000_000_000), ("u", 1_000_000), ("n", 1_000), ("p", 1)];

    /// <summary>The payment request of an invoice, as LND writes it.</summary>
    public static string Encode(Invoice invoice, NodeKey key, string chain) => Encode(
        new PaymentRequest
        {
            Currency = PaymentRequest.CurrencyOf(chain),
            Payee = key.Id,
            Amount = invoice.Value,
            Timestamp = invoice.CreationDate,
            Hash = invoice.Hash,
            PaymentAddr = invoice.PaymentAddr,
            Description = Shorten(invoice.Memo),
            DescriptionHash = invoice.DescriptionHash.IsEmpty ? null : new Bytes32(invoice.DescriptionHash.AsSpan()),
            Expiry = invoice.Expiry,
            CltvExpiry = invoice.CltvExpiry,
            Features = PaymentRequest.LndFeatures,
        },
        key);

    /// <summary>The memo as far as it fits a payment request, cut between two characters.</summary>
    private static string Shorten(string memo)
    {
        var length = memo.Length;
        while (Encoding.UTF8.GetByteCount(memo.AsSpan(0, length)) > MaxDescriptionBytes
            || (length > 0 && length < memo.Length && char.IsHighSurrogate(memo[length - 1])))
        {
            length--;
        }

        return memo[..length];
    }

    /// <summary>Writes and signs a request; <paramref name="key"/> must be the payee's.</summary>
    public static string Encode(PaymentRequest request, NodeKey key)
    {
        if (request.Payee != key.Id)
        {
            throw new ArgumentException("Only the payee's own key can sign its payment request.", nameof(key));
        }

        var prefix = $"ln{request.Currency}{EncodeAmount(request.Amount)}";
        var words = new WordWriter();
        words.Number((ulong)request.Timestamp.ToUnixTimeSeconds(), TimestampWords);
        words.Field(TagHash, field => field.Bytes(request.Hash.Value.ToArray()));
        if (request.DescriptionHash is { } descriptionHash)
        {
            words.Field(TagDescriptionHash, field => field.Bytes(descriptionHash.ToArray()));
        }
        else
        {
            words.Field(TagDescription, field => field.Bytes(Encoding.UTF8.GetBytes(request.Description)));
        }

        words.Field(TagCltv, field => field.ShortNumber(request.CltvExpiry));
        words.Field(TagExpiry, field => field.ShortNumber((ulong)request.Expiry.TotalSeconds));
        foreach (var hint in request.RouteHints)
        {
            words.Field(TagRoute, field => field.Bytes(EncodeHint(hint)));
        }

        if (request.PaymentAddr is { } address)
        {
            words.Field(TagSecret, field => field.Bytes(address.ToArray()));
        }

        if (!request.Features.IsEmpty)
        {
            words.Field(TagFeatures, field => EncodeFeatures(field, request.Features));
        }

        Span<byte> signature = stackalloc byte[RecoverableSignature.Size + 1];
        signature[^1] = (byte)MessageSignature.SignRaw(key, SignedBytes(prefix, [.. words.Words]), signature);
        words.Bytes(signature);
        return Bech32.Encode(prefix, words.Words);
    }

    /// <summary>Reads a request and checks its signature; <paramref name="reason"/> says what is wrong with it.</summary>
    public static bool TryDecode(string text, [NotNullWhen(true)] out PaymentRequest? request, [NotNullWhen(false)] out string? reason)
    {
        request = null;
        if (!Bech32.TryDecode(text.Trim(), out var prefix, out var words))
        {
            reason = "failed to decode payment request: not bech32, or a wrong checksum";
            return false;
        }

        if (words.Length < TimestampWords + SignatureWords || !TryDecodePrefix(prefix, out var currency, out var amount))
        {
            reason = "failed to decode payment request: not a BOLT 11 payment request";
            return false;
        }

        var data = words.AsSpan(..^SignatureWords);
        var signature = WordWriter.ToBytes(words.AsSpan(^SignatureWords..), pad: false);
        var digest = Bytes32.Sha256(SignedBytes(prefix, data));
        if (RecoverableSignature.Recover(digest, signature.AsSpan(..^1), signature[^1]) is not { } payee)
        {
            reason = "failed to decode payment request: invalid signature";
            return false;
        }

        var decoded = new PaymentRequest
        {
            Currency = currency,
            Payee = payee,
            Amount = amount,
            Timestamp = DateTimeOffset.FromUnixTimeSeconds((long)WordWriter.ToNumber(data[..TimestampWords])),
            Hash = default,
        };
        return TryDecodeFields(data[TimestampWords..], decoded, out request, out reason);
    }

    private static bool TryDecodeFields(
        ReadOnlySpan<byte> words, PaymentRequest request, [NotNullWhen(true)] out PaymentRequest? decoded, [NotNullWhen(false)] out string? reason)
    {
        decoded = null;
        var hasHash = false;
        while (words.Length >= 3)
        {
            var length = (words[1] << WordBits) + words[2];
            if (words.Length < 3 + length)
            {
                break;
            }

            var field = words.Slice(3, length);
            var bytes = WordWriter.ToBytes(field, pad: false);
            request = words[0] switch
            {
                TagHash when Bytes32.TryFrom(bytes, out var hash) => request with { Hash = new(hash) },
                TagDescription => request with { Description = Encoding.UTF8.GetString(bytes) },
                TagDescriptionHash when Bytes32.TryFrom(bytes, out var hash) => request with { DescriptionHash = hash },
                TagCltv => request with { CltvExpiry = (uint)Math.Min(uint.MaxValue, WordWriter.ToNumber(field)) },
                TagExpiry => request with { Expiry = TimeSpan.FromSeconds(Math.Min(uint.MaxValue, WordWriter.ToNumber(field))) },
                TagSecret when Bytes32.TryFrom(bytes, out var address) => request with { PaymentAddr = address },
                TagRoute => request with { RouteHints = request.RouteHints.Add(DecodeHint(bytes)) },
                TagFeatures => request with { Features = DecodeFeatures(field) },
                TagPayee when NodeId.TryFrom(bytes, out var payee) => request with { Payee = payee },
                _ => request,
            };
            hasHash |= words[0] == TagHash && bytes.Length == Bytes32.Size;
            words = words[(3 + length)..];
        }

        reason = !words.IsEmpty ? "failed to decode payment request: a field is cut off"
            : !hasHash ? "failed to decode payment request: no payment hash"
            : null;
        decoded = reason is null ? request : null;
        return reason is null;
    }

    private static string EncodeAmount(MilliSatoshi amount)
    {
        if (amount.Value == 0)
        {
            return "";
        }

        var pico = amount.Value * PicoPerMsat;
        var (letter, unit) = Multipliers.First(multiplier => pico % multiplier.Pico == 0);
        return string.Create(CultureInfo.InvariantCulture, $"{pico / unit}{letter}");
    }

    private static bool TryDecodePrefix(string prefix, [NotNullWhen(true)] out string? currency, out MilliSatoshi amount)
    {
        (currency, amount) = (null, default);
        if (!prefix.StartsWith("ln", StringComparison.Ordinal))
        {
            return false;
        }

        var digits = prefix.IndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        currency = digits < 0 ? prefix[2..] : prefix[2..digits];
        if (digits < 0)
        {
            return true;
        }

        var letter = char.IsAsciiDigit(prefix[^1]) ? "" : prefix[^1..];
        var unit = Multipliers.FirstOrDefault(multiplier => multiplier.Letter == letter).Pico;
        var number = prefix[digits..(prefix.Length - letter.Length)];
        if (unit == 0 || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        var pico = (Int128)value * unit;
        amount = new((long)Int128.Min(long.MaxValue, pico / PicoPerMsat));
        return pico % PicoPerMsat == 0;
    }

    private static byte[] SignedBytes(string prefix, ReadOnlySpan<byte> words) =>
        [.. Encoding.ASCII.GetBytes(prefix), .. WordWriter.ToBytes(words, pad: true)];

    private static byte[] EncodeHint(ImmutableArray<RouteHintHop> hint)
    {
        var bytes = new byte[HintSize * hint.Length];
        for (var i = 0; i < hint.Length; i++)
        {
            var hop = bytes.AsSpan(HintSize * i, HintSize);
            hint[i].Node.CopyTo(hop);
            BinaryPrimitives.WriteUInt64BigEndian(hop[33..], hint[i].ChannelId.Value);
            BinaryPrimitives.WriteUInt32BigEndian(hop[41..], hint[i].FeeBaseMsat);
            BinaryPrimitives.WriteUInt32BigEndian(hop[45..], hint[i].FeePpm);
            BinaryPrimitives.WriteUInt16BigEndian(hop[49..], hint[i].CltvDelta);
        }

        return bytes;
    }

    private static ImmutableArray<RouteHintHop> DecodeHint(byte[] bytes)
    {
        var hops = ImmutableArray.CreateBuilder<RouteHintHop>();
        for (var offset = 0; offset + HintSize <= bytes.Length; offset += HintSize)
        {
            var hop = bytes.AsSpan(offset, HintSize);
            if (NodeId.TryFrom(hop[..NodeId.Size], out var node))
            {
                hops.Add(new(
                    node,
                    new(BinaryPrimitives.ReadUInt64BigEndian(hop[33..])),
                    BinaryPrimitives.ReadUInt32BigEndian(hop[41..]),
                    BinaryPrimitives.ReadUInt32BigEndian(hop[45..]),
                    BinaryPrimitives.ReadUInt16BigEndian(hop[49..])));
            }
        }

        return hops.ToImmutable();
    }

    private static void EncodeFeatures(WordWriter field, ImmutableSortedSet<int> features)
    {
        // Bit 0 is the last bit of the last word.
        var words = (features.Max / WordBits) + 1;
        for (var word = words - 1; word >= 0; word--)
        {
            field.Number((ulong)Enumerable.Range(0, WordBits).Sum(bit => features.Contains((word * WordBits) + bit) ? 1 << bit : 0), 1);
        }
    }

    private static ImmutableSortedSet<int> DecodeFeatures(ReadOnlySpan<byte> field)
    {
        var features = ImmutableSortedSet.CreateBuilder<int>();
        for (var word = 0; word < field.Length; word++)
        {
            for (var bit = 0; bit < WordBits; bit++)
            {
                if (((field[^(word + 1)] >> bit) & 1) == 1)
                {
                    features.Add((word * WordBits) + bit);
                }
            }
        }

        return features.ToImmutable();
    }
}
