using System.Collections.Immutable;
using Eddy.Engine.Liquidity;
using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Engine.Rings;

/// <summary>Which of our channels a move does not bring nearer their targets: what moves over them is capped by the day.</summary>
internal static class NeutralChannels
{
    public static ImmutableArray<ShortChannelId> Of(OwnLiquidity liquidity, ImmutableArray<Channel> channels, MoveVerdict.Agreed agreed) =>
    [
        .. channels
            .Where(channel =>
                (channel.Id == agreed.Outgoing && !Gains(liquidity, channel, MoveDirection.Out))
                || (channel.Id == agreed.Incoming && !Gains(liquidity, channel, MoveDirection.In)))
            .Select(static channel => channel.Id),
    ];

    private static bool Gains(OwnLiquidity liquidity, Channel channel, MoveDirection direction) =>
        liquidity.IsReturning(channel.Peer) || liquidity.TargetOf(channel).End(channel.Capacity, channel.Local).Gains(direction);
}
