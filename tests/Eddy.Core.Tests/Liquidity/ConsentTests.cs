using Eddy.Lightning;

namespace Eddy.Core.Tests.Liquidity;

public sealed class ConsentTests
{
    [Fact]
    public void Honest_rings_never_worsen_an_end_and_come_to_an_end()
    {
        var settled = 0;
        Property.Holds(150, random =>
        {
            var world = new LiquidityWorld(random);
            var mostRings = world.Imbalance / (world.SmallestRing * MilliSatoshi.PerSatoshi);

            world.RunToRest(mostRings);

            settled += world.RingsSettled;
        });

        // The property would hold for a network in which nothing moves, too.
        Assert.True(settled > 50, $"only {settled} rings settled");
    }
}
