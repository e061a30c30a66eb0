using System.Text;

namespace Eddy.Lnd.Access;

/// <summary>The token that lets us into LND. Its text form hides it: it never belongs in a log.</summary>
internal sealed class Macaroon
{
    private const int LargestFile = 64 * 1024;
    private const byte BinaryVersion2 = 2;

    private Macaroon(byte[] bytes) => Bytes = bytes;

    /// <summary>Lets nobody in.</summary>
    public static Macaroon None { get; } = new([]);

    public byte[] Bytes { get; }

    /// <summary>As LND wants it in the call's metadata.</summary>
    public string Hex => Convert.ToHexStringLower(Bytes);

    /// <summary>Reads the binary file LND writes, or the hexadecimal text lncli prints.</summary>
    /// <exception cref="LndProblemException">Missing, unreadable, empty or no macaroon.</exception>
    public static Macaroon Read(string path)
    {
        byte[] content;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
            {
                throw Unreadable($"The macaroon {path} is too large to be one.");
            }

            content = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LndProblemException(new(
                LndProblemKind.MacaroonMissing,
                $"There is no macaroon at {path}.",
                "Bake one with the line that 'eddy macaroon' prints, or set lnd.macaroon to where it is."));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable($"The macaroon {path} cannot be read: {exception.Message}");
        }

        return Parse(path, content);
    }

    /// <param name="path">Where it is from, for what is said of it.</param>
    /// <exception cref="LndProblemException">Empty or no macaroon.</exception>
    internal static Macaroon Parse(string path, byte[] content)
    {
        if (content.Length == 0)
        {
            throw Unreadable($"The macaroon {path} is empty.");
        }

        var bytes = FromHexText(content) ?? content;
        return bytes[0] == BinaryVersion2
            ? new(bytes)
            : throw Unreadable($"The file {path} is not a macaroon.");
    }

    public override string ToString() => "(macaroon)";

    private static byte[]? FromHexText(byte[] content)
    {
        var text = Encoding.ASCII.GetString(content).Trim();
        var isHex = text.Length is > 0 && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit);
        return isHex ? Convert.FromHexString(text) : null;
    }

    private static LndProblemException Unreadable(string message) => new(new(
        LndProblemKind.MacaroonUnreadable,
        message,
        "Check the file's rights and content, or bake another with the line that 'eddy macaroon' prints."));
}
