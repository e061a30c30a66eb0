using System.Globalization;
using Eddy.Engine.Ports;

namespace Eddy.Simulator.Faults;

/// <summary>
/// What happened in a run, line by line, the same for the same seed. Lines are kept as objects and become text only when somebody reads
/// them, since hardly anybody ever does.
/// </summary>
internal sealed class EventLog(EventTimeline timeline, DateTimeOffset start, bool keepsAll)
{
    private const int Kept = 4_000;

    private readonly Queue<Entry> _entries = new();

    public long Count { get; private set; }

    public void Add(string who, string verb, object? what = null)
    {
        Count++;
        _entries.Enqueue(new(timeline.Now, who, verb, what));
        if (!keepsAll && _entries.Count > Kept)
        {
            _entries.Dequeue();
        }
    }

    public IEnumerable<string> Lines() => _entries.Select(Line);

    /// <summary>The last lines, without the gossip that hides what matters.</summary>
    public IEnumerable<string> Tail(int count)
    {
        Entry[] telling = [.. _entries.Where(static entry => !IsNoise(entry.What))];
        return telling.Skip(Math.Max(0, telling.Length - count)).Select(Line);
    }

    private static bool IsNoise(object? what) => what is WireText { IsGossip: true } or NodeEvent.Completed { Outcome: CommandOutcome.Done };

    private string Line(Entry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(entry.At - start).TotalSeconds,10:F4}  {entry.Who,-9} {entry.Verb,-8} {EventText.Of(entry.What)}").TrimEnd();

    private readonly record struct Entry(DateTimeOffset At, string Who, string Verb, object? What);
}
