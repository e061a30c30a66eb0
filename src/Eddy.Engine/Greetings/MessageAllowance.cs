namespace Eddy.Engine.Greetings;

/// <summary>A token bucket: how many messages of a peer are looked at. What comes beyond it is dropped unparsed.</summary>
internal sealed class MessageAllowance
{
    private const double PerSecond = 100;
    private const double Burst = 2_000;

    private double _tokens = Burst;
    private DateTimeOffset _at = DateTimeOffset.MinValue;

    public long Dropped { get; private set; }

    public bool TryTake(DateTimeOffset now)
    {
        if (now > _at)
        {
            _tokens = Math.Min(Burst, _tokens + ((now - _at).TotalSeconds * PerSecond));
            _at = now;
        }

        if (_tokens < 1)
        {
            Dropped++;
            return false;
        }

        _tokens--;
        return true;
    }
}
