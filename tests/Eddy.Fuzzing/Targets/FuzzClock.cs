namespace Eddy.Fuzzing.Targets;

/// <summary>A clock that stands still until it is set.</summary>
internal sealed class FuzzClock : TimeProvider
{
    public DateTimeOffset Now { get; set; }

    public override DateTimeOffset GetUtcNow() => Now;
}
