using System.Globalization;

namespace Eddy.CommandLine;

/// <summary>Values as people read them.</summary>
internal static class Show
{
    private const int ShortDigits = 10;

    public static Cell Node(string pubkey, string alias = "") =>
        new(alias.Length > 0 ? Shorten(alias, 20) : pubkey[..Math.Min(ShortDigits, pubkey.Length)], pubkey);

    public static Cell Ring(string id) => new(id[..Math.Min(12, id.Length)], id);

    public static string Sat(long sat) => sat.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Whole satoshis where it is that, else with three decimals.</summary>
    public static string Msat(long msat) => (msat / 1000m).ToString(msat % 1000 == 0 ? "N0" : "N3", CultureInfo.InvariantCulture);

    public static string Percent(double share) => share.ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal);

    public static string YesNo(bool value) => value ? "yes" : "no";

    /// <summary>"12s ago", "in 3m"; in piped output the time itself.</summary>
    public static Cell When(DateTimeOffset? at, DateTimeOffset now)
    {
        if (at is not { } time)
        {
            return new("-");
        }

        var span = time - now;
        var text = Span(span.Duration());
        return new(span > TimeSpan.Zero ? $"in {text}" : $"{text} ago", time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
    }

    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "0s",
        { TotalMinutes: < 1 } => $"{(int)span.TotalSeconds}s",
        { TotalHours: < 1 } => $"{(int)span.TotalMinutes}m",
        { TotalDays: < 1 } => $"{(int)span.TotalHours}h{span.Minutes:00}m",
        _ => $"{(int)span.TotalDays}d{span.Hours}h",
    };

    public static string Shorten(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    /// <summary>A channel's balance as a bar with a mark at the target.</summary>
    public static string Bar(double share, double target, int width = 12)
    {
        var filled = (int)Math.Round(Math.Clamp(share, 0, 1) * width);
        var mark = Math.Clamp((int)(Math.Clamp(target, 0, 1) * width), 0, width - 1);
        return string.Create(width, (filled, mark), static (cells, state) =>
        {
            for (var i = 0; i < cells.Length; i++)
            {
                cells[i] = i == state.mark ? '┃' : i < state.filled ? '█' : '░';
            }
        });
    }

    /// <summary>Green inside the band round the target, yellow outside.</summary>
    public static string StyleOf(double share, double target, double deadband) => Math.Abs(share - target) <= deadband + 0.0001 ? "green" : "yellow";
}
