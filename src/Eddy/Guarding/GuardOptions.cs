using System.Globalization;

namespace Eddy.Guarding;

/// <summary>How the guard looks.</summary>
/// <param name="Timeout">A daemon that froze is killed no later than this.</param>
/// <param name="NotePath">Where the guard leaves word of a kill.</param>
internal sealed record GuardOptions(TimeSpan Timeout, string NotePath)
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan GoodRun = TimeSpan.FromMinutes(10);

    /// <summary>Between two looks of the guard: often enough for a quarter of the time-out, and to end soon after the daemon.</summary>
    public TimeSpan Tick => TimeSpan.FromTicks(Math.Min(Timeout.Ticks / 4, LongestTick.Ticks));

    /// <summary>
    /// Looks in a row without a sign of life that end the daemon. It may have frozen anywhere between two looks, hence one less than fit
    /// into the time-out.
    /// </summary>
    public int Looks => (int)(Timeout.Ticks / Tick.Ticks) - 1;

    /// <summary>Between two signs of life: two for each look.</summary>
    public TimeSpan Beat => Tick / 2;

    /// <summary>The shortest silence that ends the daemon.</summary>
    public TimeSpan Silence => Tick * Looks;

    /// <summary>Looks after which the daemon counts as having run well, and a supervisor forgets how often it had to start it.</summary>
    public int GoodLooks => (int)(GoodRun.Ticks / Tick.Ticks);

    /// <summary>The script's arguments.</summary>
    public string[] Arguments(int process, string born, string beat, int supervisor, string supervisorBorn) =>
    [
        Text(process), born, beat, Tick.TotalSeconds.ToString("0.####", CultureInfo.InvariantCulture), Text(Looks), Text(GoodLooks),
        Text(supervisor), supervisorBorn, NotePath, $"{Silence.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture)} s",
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
