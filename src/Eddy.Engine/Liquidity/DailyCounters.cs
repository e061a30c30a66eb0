using Eddy.Engine.Storage;
using Eddy.Lightning;

namespace Eddy.Engine.Liquidity;

/// <summary>What rings moved, for limits by the day (UTC) and for good (day 0); saved with the step that counts.</summary>
internal sealed class DailyCounters(EngineContext context)
{
    /// <summary>Msat that rings moved through this node.</summary>
    public const string Moved = "moved";

    /// <summary>Msat of fees waived.</summary>
    public const string Waived = "waived";

    private const int Always = 0;

    private readonly Dictionary<(int Day, string Key), long> _values = [];

    public static string MovedWith(NodeId peer) => $"moved:{peer}";

    public static string Neutral(ShortChannelId channel) => $"neutral:{channel}";

    public static string MovedOut(ShortChannelId channel) => $"out:{channel}";

    public static string MovedIn(ShortChannelId channel) => $"in:{channel}";

    public void Load(IEnumerable<DailyCounter> counters)
    {
        foreach (var counter in counters)
        {
            _values[(counter.Day, counter.Key)] = counter.Value;
        }
    }

    public long Today(string key) => _values.GetValueOrDefault((context.Today, key));

    public long Ever(string key) => _values.GetValueOrDefault((Always, key));

    public void AddToday(string key, MilliSatoshi amount) => Add((context.Today, key), amount);

    public void AddForGood(string key, MilliSatoshi amount) => Add((Always, key), amount);

    /// <summary>Forgets the days before today.</summary>
    public void Forget()
    {
        var today = context.Today;
        foreach (var key in _values.Keys.Where(key => key.Day != Always && key.Day < today).ToArray())
        {
            _values.Remove(key);
            context.Batch.ForgetCountersBefore = today;
        }
    }

    private void Add((int Day, string Key) key, MilliSatoshi amount)
    {
        var value = checked(_values.GetValueOrDefault(key) + amount.Value);
        _values[key] = value;
        context.Batch.Counters[key] = value;
    }
}
