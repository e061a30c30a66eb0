using System.Text;

namespace Eddy.Configuration;

/// <summary>Text files of other people's choice: a name may stand for a file without end.</summary>
internal static class BoundedText
{
    /// <summary>The whole text; null where it has more bytes than are allowed, which are not read.</summary>
    /// <exception cref="StreamOnlyException">It is a pipe, a socket or a terminal, which is not read.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string? Read(string path, int longest)
    {
        using var file = RegularFile.OpenRead(path);
        using var content = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (var length = RandomAccess.Read(file, buffer, 0); length > 0; length = RandomAccess.Read(file, buffer, content.Length))
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
