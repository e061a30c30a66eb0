namespace Eddy.Configuration;

/// <summary>
/// What somebody wrote, as an error may repeat it: short, printable, and not a secret. The wrong file in the right place is a common mistake,
/// and the file may be a macaroon in hex, or the API's token.
/// </summary>
internal static class Quoted
{
    private const int Longest = 60;
    private const int ShownOfSecret = 8;

    // The shortest secret there is: 16 bytes of one, in hex.
    private const int LeastSecret = 32;
    private const int PublicKeyDigits = 66;

    public static string From(string text)
    {
        var shown = IsSecretive(text) ? ShownOfSecret : Longest;
        var head = text.Length > shown ? string.Concat(text.AsSpan(0, shown), "...") : text;
        return $"'{string.Concat(head.Select(letter => char.IsControl(letter) ? '?' : letter))}'";
    }

    /// <summary>A long run of hex or base64 digits that is no public key.</summary>
    public static bool IsSecretive(string text)
    {
        var run = 0;
        foreach (var letter in text)
        {
            run = char.IsAsciiLetterOrDigit(letter) || letter is '+' or '=' ? run + 1 : 0;
            if (run > PublicKeyDigits)
            {
                return true;
            }
        }

        return text.Length is >= LeastSecret and not PublicKeyDigits && text.All(char.IsAsciiHexDigit);
    }
}
