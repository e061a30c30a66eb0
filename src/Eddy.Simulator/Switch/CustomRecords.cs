using System.Collections.Immutable;

namespace Eddy.Simulator;

/// <summary>Records of the custom range (type 65536 and above), in an onion or on an update_add_htlc.</summary>
public static class CustomRecords
{
    /// <summary>The first type of the range.</summary>
    public const ulong FirstType = 65_536;

    /// <summary>The experimental endorsement signal that LND 0.21 puts on what it forwards.</summary>
    public const ulong EndorsementType = 106_823;

    public static readonly ImmutableSortedDictionary<ulong, ImmutableArray<byte>> None =
        ImmutableSortedDictionary<ulong, ImmutableArray<byte>>.Empty;
}
