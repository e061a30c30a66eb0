using System.Text;

namespace Eddy.Configuration;

/// <summary>Text files of other people's choice: a name may stand for a file without end.</summary>
internal static class BoundedText
{
    /// <summary>The whole text; null where it has more bytes than are allowed, which are not read.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string? Read(string path, int longest)
    {
        using var file = File.OpenRead(path);
        using var content = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (var length = file.Read(buffer); length > 0; length = file.Read(buffer))
        {
            if (content.Length + length > longest)
            {
                return null;
            }

            content.Write(buffer.AsSpan(0, length));
        }

        content.Position = 0;
        using var reader = new StreamReader(content, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
