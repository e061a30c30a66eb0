namespace Eddy.Simulator;

/// <summary>A daemon's own clock: the timeline's, and whatever somebody has set it wrong by.</summary>
public sealed class DaemonClock(EventTimeline timeline) : TimeProvider
{
    /// <summary>How far it is ahead.</summary>
    public TimeSpan Offset { get; set; }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => timeline.Now + Offset;

    public override long GetTimestamp() => timeline.Now.UtcTicks;
}
