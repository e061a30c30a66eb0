using System.Security.Cryptography;
using System.Text;
using Eddy.Hosting;

namespace Eddy.Api;

/// <summary>The bearer token of the API: whoever can read the file in the data directory may use the API.</summary>
internal sealed class AccessToken
{
    private const string FileName = "token";
    private const int Size = 32;

    private readonly byte[] _bytes;

    private AccessToken(string text) => _bytes = Encoding.ASCII.GetBytes(text);

    /// <summary>The token that this text is.</summary>
    internal static AccessToken FromText(string text) => new(text);

    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, FileName);

    /// <summary>The directory's token; a new one where there is none or not a whole one. It stays the same through restarts.</summary>
    public static AccessToken OpenOrCreate(string dataDirectory)
    {
        var path = PathIn(dataDirectory);
        if (File.Exists(path))
        {
            PrivateFile.Restrict(path, PrivateFile.OwnerOnly);
            var text = File.ReadAllText(path).Trim();
            if (text.Length == 2 * Size && text.All(char.IsAsciiHexDigit))
            {
                return new(text);
            }
        }

        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Size));
        PrivateFile.WriteAllText(path, token + "\n");
        return new(token);
    }

    /// <summary>A secret of its own for some purpose, from which the token cannot be told.</summary>
    public byte[] Derive(string purpose) => HMACSHA256.HashData(_bytes, Encoding.UTF8.GetBytes(purpose));

    /// <summary>Compares in constant time.</summary>
    public bool IsIn(string? authorization)
    {
        const string Scheme = "Bearer ";
        return authorization is not null
            && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()), _bytes);
    }
}
