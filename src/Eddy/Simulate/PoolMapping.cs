using Eddy.Lightning;
using Eddy.Simulator.Rounds;

namespace Eddy.Simulate;

/// <summary>From an estimate to what is printed.</summary>
internal static class PoolMapping
{
    private const int Million = 1_000_000;

    public static PoolReport From(PoolEstimate pool) => new(
        pool.Me.ToString(),
        pool.Members,
        pool.Draws,
        Math.Round(pool.Rings, 2),
        (long)pool.MovedSat,
        (long)pool.FeesSavedSat,
        pool.MovedSat == 0 ? 0 : (long)(pool.FeesSavedSat * Million / pool.MovedSat),
        [
            .. pool.Channels.Select(static channel => new PoolChannelReport(
                new ShortChannelId(channel.Channel.Id).ToString(),
                channel.Peer.Id.ToString(),
                channel.Peer.Alias,
                channel.Channel.CapacitySat,
                Math.Round(channel.LocalBefore, 4),
                Math.Round(channel.LocalAfter, 4),
                Math.Round(channel.DeviationBefore, 4),
                Math.Round(channel.DeviationAfter, 4),
                Math.Round(channel.Rings, 2))),
        ]);
}
