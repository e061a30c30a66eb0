using System.Collections.Immutable;
using System.Text;

namespace Eddy.Simulator.Faults;

/// <summary>The kinds and their names.</summary>
public static class FaultKinds
{
    public static ImmutableSortedSet<FaultKind> All { get; } = [.. Enum.GetValues<FaultKind>()];

    /// <summary>Like <c>crash-after-saving</c>.</summary>
    public static string NameOf(FaultKind kind)
    {
        var name = new StringBuilder();
        foreach (var character in kind.ToString())
        {
            if (char.IsUpper(character) && name.Length > 0)
            {
                name.Append('-');
            }

            name.Append(char.ToLowerInvariant(character));
        }

        return name.ToString();
    }

    public static FaultKind? Find(string name) => All.Where(kind => NameOf(kind) == name).Select(static kind => (FaultKind?)kind).FirstOrDefault();
}
