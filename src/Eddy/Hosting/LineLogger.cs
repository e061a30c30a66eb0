using System.Globalization;

namespace Eddy.Hosting;

/// <summary>Logs one plain line for each event: time in UTC, level, where from, what.</summary>
/// <param name="name">Whose log it is, where there are several in one process; empty otherwise.</param>
internal sealed class LineLoggerProvider(TextWriter output, LogLevel least, TimeProvider time, string name = "") : ILoggerProvider
{
    private readonly Lock _gate = new();

    private LogLevel Least => least;

    /// <summary>A factory of its own for one daemon.</summary>
    public static ILoggerFactory CreateFactory(TextWriter output, LogLevel least, string name = "") => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(least)
        .AddProvider(new LineLoggerProvider(output, least, TimeProvider.System, name)));

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, $"{(name.Length > 0 ? name + " " : "")}{categoryName[(categoryName.LastIndexOf('.') + 1)..]}");

    public void Dispose()
    {
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        LogLevel.Error => "ERROR",
        _ => "FATAL",
    };

    private static string Describe(Exception exception, LogLevel level)
    {
        // What should never have happened needs its stack; for the rest the causes say it all.
        if (level == LogLevel.Critical)
        {
            return exception.ToString();
        }

        var text = exception.Message;
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (!text.Contains(inner.Message, StringComparison.Ordinal))
            {
                text += $" ({inner.Message})";
            }
        }

        return text;
    }

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        var at = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        var cause = exception is null ? "" : $": {Describe(exception, level)}";
        var line = $"{at} {Word(level)} {category}: {message}{cause}";
        lock (_gate)
        {
            try
            {
                output.WriteLine(CommandLine.Terminal.Clean(line));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // A log on a full disk, or one that nobody reads: a lost line must not end what it tells of.
            }
        }
    }

    private sealed class LineLogger(LineLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= provider.Least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                provider.Write(logLevel, category, formatter(state, exception), exception);
            }
        }
    }
}
