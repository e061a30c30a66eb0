namespace Eddy.Engine.Greetings;

/// <summary>
/// A token bucket: how much of a peer is looked at, one token for each message and each 4 KiB of it. What comes beyond it is dropped unparsed.
/// </summary>
internal sealed class MessageAllowance
{
    private const double PerSecond = 100;
    private const double Burst = 2_000;
    private const int BytesPerToken = 4_096;

    private double _tokens = Burst;
    private DateTimeOffset _at = DateTimeOffset.MinValue;

    public long Dropped { get; private set; }

    public bool TryTake(int size, DateTimeOffset now)
    {
        if (now > _at)
        {
            _tokens = Math.Min(Burst, _tokens + ((now - _at).TotalSeconds * PerSecond));
            _at = now;
        }

        var cost = 1 + (size / BytesPerToken);
        if (_tokens < cost)
        {
            Dropped++;
            return false;
        }

        _tokens -= cost;
        return true;
    }
}
