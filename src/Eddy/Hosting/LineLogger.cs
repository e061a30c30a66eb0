using System.Globalization;

namespace Eddy.Hosting;

/// <summary>Logs one plain line for each event: time in UTC, level, where from, what.</summary>
internal sealed class LineLoggerProvider(TextWriter output, LogLevel least, TimeProvider time) : ILoggerProvider
{
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

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
            output.WriteLine(CommandLine.Terminal.Clean(line));
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

    private LogLevel Least => least;
}
