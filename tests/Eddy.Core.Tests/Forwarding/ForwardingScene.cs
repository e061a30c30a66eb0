using System.Collections.Immutable;
using Eddy.Core.Tests.Rings;
using Eddy.Forwarding;
using Eddy.Lightning;

namespace Eddy.Core.Tests.Forwarding;

/// <summary>
/// Carol's node: a channel with Bob, two with Dave (the agreed one also has an alias), one with Mallory, and a live waiver for 900,000 sat
/// from Bob to Dave.
/// </summary>
public static class ForwardingScene
{
    public const uint Height = 800_000;
    public const uint Expiry = Height + 200;

    public static readonly DateTimeOffset Now = RingScene.Start;
    public static readonly DateTimeOffset Deadline = Now.AddSeconds(60);

    public static readonly ShortChannelId FromBob = ShortChannelId.Create(700_000, 1, 0);
    public static readonly ShortChannelId ToDave = ShortChannelId.Create(700_001, 1, 0);
    public static readonly ShortChannelId ToDaveAlias = ShortChannelId.Create(16_000_001, 2, 3);
    public static readonly ShortChannelId ToDaveToo = ShortChannelId.Create(700_002, 1, 0);
    public static readonly ShortChannelId ToMallory = ShortChannelId.Create(700_003, 1, 0);

    public static readonly MilliSatoshi Amount = RingScene.Sat(900_000);
    public static readonly Bytes32 Secret = RingScene.Fill(0x52);

    /// <summary>1,000 msat + 500 ppm of 900,000 sat.</summary>
    public static readonly MilliSatoshi Fee = new(451_000);

    public static readonly RoutingPolicy Policy = new(1_000, 500, 80, new(1), MilliSatoshi.Zero);

    public static readonly ImmutableArray<Channel> Channels =
    [
        NewChannel(FromBob, RingScene.Bob),
        NewChannel(ToDave, RingScene.Dave) with { Aliases = [ToDaveAlias] },
        NewChannel(ToDaveToo, RingScene.Dave),
        NewChannel(ToMallory, RingScene.Mallory),
    ];

    public static readonly Waiver Granted = Waiver.For(RingScene.Offer, 2, Channels[1], Amount, Fee, Deadline);

    public static readonly ForwardingView View = ForwardingView.Empty.WithChannels(Channels).WithHeight(Height).WithWaivers([Granted]);

    /// <summary>The ring's own HTLC, as it should be.</summary>
    public static readonly InterceptedHtlc Htlc = new(
        new CircuitKey(FromBob, 7),
        Amount,
        Expiry,
        RingScene.Offer.Hash,
        ToDave,
        Amount,
        Expiry - 80,
        (int)Expiry - 13,
        HasBlindedNextNode: false,
        Secret.ToArray());

    public static ForwardingView ViewWith(RoutingPolicy incoming, RoutingPolicy outgoing) =>
        View.WithChannels([Channels[0] with { Policy = incoming }, Channels[1] with { Policy = outgoing }, Channels[2], Channels[3]]);

    private static Channel NewChannel(ShortChannelId id, NodeId peer) => new()
    {
        Id = id,
        ChannelPoint = $"{id}:0",
        Peer = peer,
        Capacity = RingScene.Sat(5_000_000),
        Local = RingScene.Sat(2_500_000),
        Remote = RingScene.Sat(2_500_000),
        Spendable = RingScene.Sat(2_400_000),
        Receivable = RingScene.Sat(2_400_000),
        IsActive = true,
        Policy = Policy,
    };
}
