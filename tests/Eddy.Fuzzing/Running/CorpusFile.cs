namespace Eddy.Fuzzing.Running;

/// <summary>Inputs of a target as text: one in base64 on each line, <c>#</c> begins a comment.</summary>
internal static class CorpusFile
{
    public const int MostEntries = 64;
    public const int LongestEntry = 4096;

    /// <summary>Beside the program.</summary>
    public static string Directory => Path.Combine(AppContext.BaseDirectory, "Corpus");

    public static IReadOnlyList<byte[]> Read(string directory, string target)
    {
        var path = PathOf(directory, target);
        return File.Exists(path)
            ? [.. File.ReadLines(path).Where(static line => line.Length > 0 && line[0] != '#').Select(Convert.FromBase64String)]
            : [];
    }

    public static void Write(string directory, string target, IEnumerable<byte[]> inputs)
    {
        System.IO.Directory.CreateDirectory(directory);
        File.WriteAllLines(PathOf(directory, target), inputs.Where(static input => input.Length > 0).Select(Convert.ToBase64String));
    }

    private static string PathOf(string directory, string target) => Path.Combine(directory, $"{target}.txt");
}
