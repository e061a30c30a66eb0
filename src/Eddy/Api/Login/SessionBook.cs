using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Eddy.Api.Login;

/// <summary>What a browser that was let in holds: the cookie, which scripts cannot read, and the key, which no other address gets to see.</summary>
/// <param name="Cookie">Sent by the browser by itself, to every port of this machine.</param>
/// <param name="Key">Kept by the page's script, and sent in a header.</param>
internal sealed record Session(string Cookie, string Key, DateTimeOffset ExpiresAt);

/// <summary>
/// Lets browsers in: a code that works once and for a minute is exchanged for a session. Sessions are signed and not stored, so that they
/// live on when the daemon starts again; a new token ends them all.
/// </summary>
internal sealed class SessionBook(AccessToken token, TimeProvider time)
{
    private const int MostCodes = 8;
    private const int MostRevoked = 256;
    private const int IdSize = 16;
    private const int PayloadSize = sizeof(long) + IdSize;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _codes = new(StringComparer.Ordinal);
    private readonly Queue<string> _revoked = new();
    private readonly byte[] _secret = token.Derive("dashboard sessions");

    public static TimeSpan CodeLifetime { get; } = TimeSpan.FromSeconds(90);

    public static TimeSpan Lifetime { get; } = TimeSpan.FromDays(7);

    /// <summary>A new code; the oldest goes where there are too many.</summary>
    public (string Code, DateTimeOffset ExpiresAt) NewCode()
    {
        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdSize));
        var expires = time.GetUtcNow() + CodeLifetime;
        lock (_gate)
        {
            if (_codes.Count >= MostCodes)
            {
                _codes.Remove(_codes.MinBy(static entry => entry.Value).Key);
            }

            _codes[code] = expires;
        }

        return (code, expires);
    }

    /// <summary>A session for a code; null where the code was used, is too old, or never was.</summary>
    public Session? Redeem(string code)
    {
        lock (_gate)
        {
            if (!_codes.Remove(code, out var expires) || expires <= time.GetUtcNow())
            {
                return null;
            }
        }

        var until = time.GetUtcNow() + Lifetime;
        var payload = new byte[PayloadSize];
        BinaryPrimitives.WriteInt64BigEndian(payload, until.ToUnixTimeSeconds());
        RandomNumberGenerator.Fill(payload.AsSpan(sizeof(long)));
        return new($"{Base64Url.EncodeToString(payload)}.{Sign("cookie", payload)}", Sign("key", payload), until);
    }

    /// <summary>Both halves belong together, are ours, and neither too old nor given back.</summary>
    public bool IsGood(string? cookie, string? key)
    {
        if (key is null || Read(cookie) is not { } payload || !Equal(key, Sign("key", payload)))
        {
            return false;
        }

        lock (_gate)
        {
            return !_revoked.Contains(cookie!);
        }
    }

    /// <summary>The session does not count any more, until the daemon starts again; the browser forgets it as well.</summary>
    public void Revoke(string cookie)
    {
        if (Read(cookie) is null)
        {
            return;
        }

        lock (_gate)
        {
            _revoked.Enqueue(cookie);
            if (_revoked.Count > MostRevoked)
            {
                _revoked.Dequeue();
            }
        }
    }

    private static bool Equal(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private byte[]? Read(string? cookie)
    {
        if (cookie?.Split('.') is not [var text, var signature])
        {
            return null;
        }

        var payload = new byte[PayloadSize];
        return Base64Url.TryDecodeFromChars(text, payload, out var size)
            && size == PayloadSize
            && Equal(signature, Sign("cookie", payload))
            && BinaryPrimitives.ReadInt64BigEndian(payload) > time.GetUtcNow().ToUnixTimeSeconds()
            ? payload
            : null;
    }

    private string Sign(string half, byte[] payload) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_secret, (byte[])[.. Encoding.ASCII.GetBytes(half), 0, .. payload]));
}
