using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Simulator;

/// <summary>One hop of a private route to the payee.</summary>
public sealed record RouteHintHop(NodeId Node, ShortChannelId ChannelId, uint FeeBaseMsat, uint FeePpm, ushort CltvDelta);

/// <summary>What a BOLT 11 payment request says.</summary>
public sealed record PaymentRequest
{
    /// <summary>BOLT 11's default where there is no such field; LND always writes one.</summary>
    public const uint DefaultExpirySeconds = 3600;

    /// <inheritdoc cref="DefaultExpirySeconds"/>
    public const uint DefaultCltvExpiry = 18;

    /// <summary>TLV onions and payment secrets are needed, several parts and blinded routes understood: what LND 0.18.5 to 0.21.2 set.</summary>
    public static readonly ImmutableSortedSet<int> LndFeatures = [8, 14, 17, 25];

    /// <summary>What follows <c>ln</c>: <c>bc</c>, <c>tb</c>, <c>bcrt</c>, <c>sb</c>, <c>tbs</c>.</summary>
    public required string Currency { get; init; }

    public required NodeId Payee { get; init; }

    /// <summary>Zero for any.</summary>
    public required MilliSatoshi Amount { get; init; }

    public required DateTimeOffset Timestamp { get; init; }

    public required PaymentHash Hash { get; init; }

    /// <summary>The payment secret; absent in requests nobody makes any more.</summary>
    public Bytes32? PaymentAddr { get; init; }

    public string Description { get; init; } = "";

    /// <summary>Instead of a description.</summary>
    public Bytes32? DescriptionHash { get; init; }

    public TimeSpan Expiry { get; init; } = TimeSpan.FromSeconds(DefaultExpirySeconds);

    /// <summary>The final CLTV delta.</summary>
    public uint CltvExpiry { get; init; } = DefaultCltvExpiry;

    public ImmutableArray<ImmutableArray<RouteHintHop>> RouteHints { get; init; } = [];

    /// <summary>Feature bits that are set.</summary>
    public ImmutableSortedSet<int> Features { get; init; } = [];

    /// <summary>BOLT 11's name of a network as LND calls it (mainnet, testnet, regtest, simnet, signet).</summary>
    /// <exception cref="ArgumentException">Not one of them.</exception>
    public static string CurrencyOf(string network) => network switch
    {
        "mainnet" => "bc",
        "testnet" or "testnet4" => "tb",
        "regtest" => "bcrt",
        "simnet" => "sb",
        "signet" => "tbs",
        _ => throw new ArgumentException($"'{network}' is not a network LND knows.", nameof(network)),
    };
}
