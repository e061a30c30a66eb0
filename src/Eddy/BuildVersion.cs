using System.Reflection;

namespace Eddy;

/// <summary>Which build this is.</summary>
internal static class BuildVersion
{
    private const int CommitDigits = 12;

    private static readonly string[] Parts =
        (typeof(BuildVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0").Split('+', 2);

    public static string Number => Parts[0];

    /// <summary>The first digits of the commit; "unknown" for a build outside of a repository.</summary>
    public static string Commit => Parts.Length > 1 ? Parts[1][..Math.Min(CommitDigits, Parts[1].Length)] : "unknown";
}
