using System.Text;

namespace Eddy.Fuzzing.Targets;

/// <summary>Makes dictionaries.</summary>
internal static class Words
{
    public static IReadOnlyList<byte[]> Of(params IEnumerable<string> words) => [.. words.Select(Encoding.UTF8.GetBytes)];

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
