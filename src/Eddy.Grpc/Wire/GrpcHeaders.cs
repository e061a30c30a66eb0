using System.Buffers;
using System.Globalization;
using System.Text;

namespace Grpc.Core;

/// <summary>How gRPC writes deadlines, texts and metadata into HTTP headers (grpc/grpc doc/PROTOCOL-HTTP2.md).</summary>
internal static class GrpcHeaders
{
    internal const string ContentType = "application/grpc";
    internal const string Status = "grpc-status";
    internal const string Message = "grpc-message";
    internal const string Timeout = "grpc-timeout";
    internal const string Encoding = "grpc-encoding";
    internal const string AcceptEncoding = "grpc-accept-encoding";
    internal const string Identity = "identity";

    // No timer runs longer (49.7 days); what is due later never is.
    internal static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private const int TimeoutDigits = 8;
    private const string UpperHex = "0123456789ABCDEF";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private static readonly SearchValues<char> PrintableAscii =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code)]);

    private static readonly SearchValues<char> Unescaped =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Where(c => c != '%')]);

    internal static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');

    /// <summary>A timeout in the finest unit in which it has at most eight digits, rounded up.</summary>
    internal static string EncodeTimeout(TimeSpan timeout)
    {
        ReadOnlySpan<(long Ticks, char Unit)> units =
        [
            (TimeSpan.TicksPerMicrosecond, 'u'), (TimeSpan.TicksPerMillisecond, 'm'), (TimeSpan.TicksPerSecond, 'S'),
            (TimeSpan.TicksPerMinute, 'M'), (TimeSpan.TicksPerHour, 'H'),
        ];
        foreach (var (ticks, unit) in units)
        {
            var count = (timeout.Ticks / ticks) + (timeout.Ticks % ticks > 0 ? 1 : 0);
            if (count < 100_000_000)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(count, 1)}{unit}");
            }
        }

        return "99999999H";
    }

    internal static bool TryDecodeTimeout(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > TimeoutDigits + 1
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        long? unit = text[^1] switch
        {
            'n' => 0,
            'u' => TimeSpan.TicksPerMicrosecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'S' => TimeSpan.TicksPerSecond,
            'M' => TimeSpan.TicksPerMinute,
            'H' => TimeSpan.TicksPerHour,
            _ => null,
        };
        if (unit is not { } ticks)
        {
            return false;
        }

        timeout = ticks == 0
            ? TimeSpan.FromTicks(count / TimeSpan.NanosecondsPerTick)
            : TimeSpan.FromTicks(Math.Min(count, TimeSpan.MaxValue.Ticks / ticks) * ticks);
        return true;
    }

    /// <summary>Percent-encodes a status text as UTF-8.</summary>
    internal static string EncodeMessage(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Unescaped))
        {
            return text;
        }

        var encoded = new StringBuilder(text.Length + 16);
        foreach (var octet in Utf8.GetBytes(text))
        {
            if (octet is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append('%').Append(UpperHex[octet >> 4]).Append(UpperHex[octet & 0xF]);
            }
        }

        return encoded.ToString();
    }

    /// <summary>Undoes <see cref="EncodeMessage"/>; what is not a valid escape stands for itself, as the protocol asks.</summary>
    internal static string DecodeMessage(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var octets = new ArrayBufferWriter<byte>(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                octets.Write([byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)]);
                i += 2;
            }
            else
            {
                octets.Write(utf8[..Utf8.GetBytes(text.AsSpan(i, 1), utf8)]);
            }
        }

        return Utf8.GetString(octets.WrittenSpan);
    }

    /// <summary>The value to send; throws where it is a text with anything but printable ASCII.</summary>
    internal static string EncodeValue(Metadata.Entry entry)
    {
        if (entry.IsBinary)
        {
            return Convert.ToBase64String(entry.Bytes).TrimEnd('=');
        }

        return entry.Value.AsSpan().ContainsAnyExcept(PrintableAscii)
            ? throw new RpcException(
                new Status(StatusCode.Internal, $"Metadata value of '{entry.Key}' has other characters than printable ASCII."))
            : entry.Value;
    }

    /// <summary>Adds a received header, unless it is part of the protocol or does not decode.</summary>
    internal static void AddReceived(Metadata metadata, string name, string value)
    {
        if (name.StartsWith(':') || IsReserved(name))
        {
            return;
        }

        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            TryAdd(metadata, name, value);
            return;
        }

        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            var padded = part.TrimEnd('=');
            padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
            var bytes = new byte[padded.Length / 4 * 3];
            if (Convert.TryFromBase64String(padded, bytes, out var length) && !TryAdd(metadata, name, bytes.AsSpan(0, length).ToArray()))
            {
                // It is the name that will not do, and an exception for each part would be dear.
                return;
            }
        }
    }

    private static bool IsReserved(string name) =>
        name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
        && (name.Equals(Status, StringComparison.OrdinalIgnoreCase)
            || name.Equals(Message, StringComparison.OrdinalIgnoreCase)
            || name.Equals(Timeout, StringComparison.OrdinalIgnoreCase)
            || name.Equals(Encoding, StringComparison.OrdinalIgnoreCase)
            || name.Equals(AcceptEncoding, StringComparison.OrdinalIgnoreCase));

    // A header name may hold characters that a metadata key may not: such a header is not metadata.
    private static bool TryAdd(Metadata metadata, string name, object value)
    {
        try
        {
            metadata.Add(value is byte[] bytes ? new Metadata.Entry(name, bytes) : new Metadata.Entry(name, (string)value));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
