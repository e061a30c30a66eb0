namespace Eddy.Lnd.Session;

/// <summary>Pauses between attempts: doubling up to a limit, with a quarter of jitter either way so that nobody comes in step.</summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max)
{
    private const double Jitter = 0.25;

    private TimeSpan? _next;

    public TimeSpan Next()
    {
        var pause = _next ?? min;
        _next = TimeSpan.FromTicks(Math.Min(max.Ticks, pause.Ticks * 2));
#pragma warning disable CA5394 // spreads reconnections, protects nothing
        return pause * (1 - Jitter + (Random.Shared.NextDouble() * 2 * Jitter));
#pragma warning restore CA5394
    }

    public void Reset() => _next = null;
}
