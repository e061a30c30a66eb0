using Eddy.Engine.Timers;
using Eddy.Lightning;

namespace Eddy.Engine.Tests.Timers;

public sealed class TimerQueueTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly EngineTimer Search = new(TimerKind.Search);
    private static readonly EngineTimer Publish = new(TimerKind.PublishAdvert);

    private readonly TimerQueue _timers = new();

    [Fact]
    public void Timers_come_in_order_of_time_and_then_of_being_set()
    {
        _timers.Set(Publish, At(2));
        _timers.Set(Search, At(1));
        _timers.Set(new EngineTimer(TimerKind.Retry), At(1));

        Assert.Equal(At(1), _timers.Next);
        Assert.Equal([TimerKind.Search, TimerKind.Retry, TimerKind.PublishAdvert], TakeAll(2));
        Assert.Null(_timers.Next);
    }

    [Fact]
    public void A_timer_is_not_taken_before_it_is_due()
    {
        _timers.Set(Search, At(2));

        Assert.Empty(TakeAll(1));
        Assert.Equal(At(2), _timers.DueAt(Search));
    }

    [Fact]
    public void Setting_a_timer_again_moves_it_either_way()
    {
        _timers.Set(Search, At(1));
        _timers.Set(Search, At(5));

        Assert.Empty(TakeAll(4));
        Assert.Equal([TimerKind.Search], TakeAll(5));
        Assert.Empty(TakeAll(9));
    }

    [Fact]
    public void No_later_than_only_makes_it_earlier()
    {
        _timers.SetNoLaterThan(Search, At(5));
        _timers.SetNoLaterThan(Search, At(7));
        Assert.Equal(At(5), _timers.Next);

        _timers.SetNoLaterThan(Search, At(2));
        Assert.Equal(At(2), _timers.Next);
    }

    [Fact]
    public void A_cancelled_timer_never_comes()
    {
        _timers.Set(Search, At(1));
        _timers.Cancel(Search);

        Assert.Null(_timers.Next);
        Assert.Empty(TakeAll(9));
    }

    [Fact]
    public void Timers_of_different_peers_are_different()
    {
        _timers.Set(new EngineTimer(TimerKind.RepeatHello, new NodeId([2, .. new byte[32]])), At(1));
        _timers.Set(new EngineTimer(TimerKind.RepeatHello, new NodeId([3, .. new byte[32]])), At(1));

        Assert.Equal(2, TakeAll(1).Count);
    }

    [Fact]
    public void Moving_timers_for_ever_does_not_fill_the_memory()
    {
        for (var round = 0; round < 100_000; round++)
        {
            _timers.Set(Search, At(round));
            _timers.Set(Publish, At(2 * round));
        }

        Assert.True(_timers.Held < 1_000, $"{_timers.Held} entries");
        Assert.Equal([TimerKind.Search, TimerKind.PublishAdvert], TakeAll(1_000_000));
    }

    private static DateTimeOffset At(int seconds) => Noon + TimeSpan.FromSeconds(seconds);

    private List<TimerKind> TakeAll(int seconds)
    {
        var taken = new List<TimerKind>();
        while (_timers.TryTakeDue(At(seconds), out var timer))
        {
            taken.Add(timer.Kind);
        }

        return taken;
    }
}
