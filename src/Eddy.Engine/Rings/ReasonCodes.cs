using System.Collections.Concurrent;
using System.Text;
using Eddy.Rings;

namespace Eddy.Engine.Rings;

/// <summary>Why a ring ended, in words of a fixed set: they become labels, whose number has to be bounded whatever peers and LND say.</summary>
public static class ReasonCodes
{
    private static readonly ConcurrentDictionary<Enum, string> Words = new();

    public static string Of(RingState state) => state switch
    {
        InitiatorState.Settled or MemberState.Settled => "none",
        InitiatorState.Failed failed => Of(failed.Code),
        InitiatorState.Rejected rejected => Of(rejected.Reason),
        InitiatorState.Cancelled cancelled => Of(cancelled.Reason),
        InitiatorState.Expired or MemberState.Expired => "expired",
        MemberState.Failed { LocalCode: { } code } => Of(code),
        MemberState.Failed => "downstream",
        MemberState.Released { Reason: { } reason } => Of(reason),
        MemberState.Released => "initiator",
        _ => "other",
    };

    /// <summary>The enumeration's word in snake case; "other" for a number that has none.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Enum.IsDefined(value) ? Words.GetOrAdd(value, static known => SnakeCase(known.ToString())) : "other";

    private static string SnakeCase(string name)
    {
        var word = new StringBuilder(name.Length + 8);
        foreach (var character in name)
        {
            if (char.IsAsciiLetterUpper(character) && word.Length > 0)
            {
                word.Append('_');
            }

            word.Append(char.ToLowerInvariant(character));
        }

        return word.ToString();
    }
}
