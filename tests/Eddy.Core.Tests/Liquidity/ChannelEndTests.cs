using Eddy.Lightning;
using Eddy.Liquidity;

namespace Eddy.Core.Tests.Liquidity;

public sealed class ChannelEndTests
{
    [Theory]
    [InlineData(900, MoveDirection.Out, 400, true)]  // far above: out down to the target
    [InlineData(900, MoveDirection.In, 0, false)]    // far above: nothing more in
    [InlineData(100, MoveDirection.In, 400, true)]   // far below: in up to the target
    [InlineData(100, MoveDirection.Out, 0, false)]
    [InlineData(600, MoveDirection.Out, 200, false)] // on the band's upper edge: down to its lower edge, without a gain
    [InlineData(601, MoveDirection.Out, 101, true)]  // just outside: only to the target
    [InlineData(500, MoveDirection.Out, 100, false)]
    [InlineData(500, MoveDirection.In, 100, false)]
    [InlineData(430, MoveDirection.Out, 30, false)]
    [InlineData(430, MoveDirection.In, 170, false)]
    [InlineData(400, MoveDirection.Out, 0, false)]
    public void What_is_allowed_ends_at_the_target_or_at_the_far_edge_of_the_band(long local, MoveDirection direction, long allowed, bool gains)
    {
        var end = ChannelTarget.Default.End(new(1000), new(local));

        Assert.Equal(new MilliSatoshi(allowed), end.Allowed(direction));
        Assert.Equal(gains, end.Gains(direction));
        Assert.True(end.Allows(direction, end.Allowed(direction)));
        Assert.False(end.Allows(direction, end.Allowed(direction) + new MilliSatoshi(1)));
        Assert.False(end.Allows(direction, new(-1)));
    }

    [Theory]
    [InlineData(0.3, 0.1, 300, 100)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(1, 1, 1000, 1000)]
    [InlineData(2, -1, 1000, 0)]
    public void A_target_lies_within_the_capacity(double share, double deadband, long target, long band)
    {
        var end = new ChannelTarget(share, deadband).End(new(1000), new(10));

        Assert.Equal(new MilliSatoshi(target), end.Target);
        Assert.Equal(new MilliSatoshi(band), end.Band);
    }

    [Fact]
    public void A_move_is_allowed_exactly_where_phi_does_not_rise_and_the_target_is_not_crossed_from_outside() => Property.Holds(2000, random =>
    {
        var end = new ChannelEnd(new(random.Next(200)), new(random.Next(200)), new(random.Next(40)));
        var direction = (MoveDirection)random.Next(2);
        var amount = new MilliSatoshi(random.Next(1, 200));
        var after = end.After(direction, amount);
        var isOutside = end.Phi > MilliSatoshi.Zero;
        var crosses = Math.Sign(end.Local.Value - end.Target.Value) * Math.Sign(after.Local.Value - after.Target.Value) < 0;

        Assert.Equal(after.Phi <= end.Phi && !(isOutside && crosses), end.Allows(direction, amount));
        Assert.Equal(end.Phi.Value - after.Phi.Value, end.Gain(direction, amount).Value);
    });

    [Fact]
    public void An_allowed_move_gains_exactly_where_the_end_says_so() => Property.Holds(1000, random =>
    {
        var end = new ChannelEnd(new(random.Next(200)), new(random.Next(200)), new(random.Next(40)));
        var direction = (MoveDirection)random.Next(2);
        var allowed = end.Allowed(direction).Value;
        if (allowed > 0)
        {
            var amount = new MilliSatoshi(random.NextInt64(1, allowed + 1));
            Assert.Equal(end.Gains(direction), end.Gain(direction, amount) > MilliSatoshi.Zero);
        }
    });
}
