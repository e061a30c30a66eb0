using Eddy.Logging;

namespace Eddy.Hosting;

/// <summary>Logs one line for each event.</summary>
/// <param name="name">Whose log it is, where there are several in one process; empty otherwise.</param>
internal sealed class LineLoggerProvider(TextWriter output, LogLevels levels, LogFormat format, TimeProvider time, string name = "") : ILoggerProvider
{
    private readonly Lock _gate = new();

    public LineLoggerProvider(TextWriter output, LogLevel least, TimeProvider time, string name = "")
        : this(output, new LogLevels(least), LogFormat.Plain, time, name)
    {
    }

    /// <summary>A factory of its own for one daemon.</summary>
    public static ILoggerFactory CreateFactory(TextWriter output, LogLevel least, string name = "") =>
        CreateFactory(output, new LogLevels(least), LogFormat.Plain, name);

    public static ILoggerFactory CreateFactory(TextWriter output, LogLevels levels, LogFormat format, string name = "") => LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Trace)
        .AddProvider(new LineLoggerProvider(output, levels, format, TimeProvider.System, name)));

    public ILogger CreateLogger(string categoryName)
    {
        var category = categoryName[(categoryName.LastIndexOf('.') + 1)..];
        levels.Learn(category);
        return new LineLogger(this, category);
    }

    public void Dispose()
    {
    }

    private bool IsEnabled(string category, LogLevel level) => levels.IsEnabled(category, level);

    private void Write(LogLevel level, string category, string message, object? state, Exception? exception)
    {
        var named = name.Length > 0 ? $"{name} {category}" : category;
        var line = format switch
        {
            LogFormat.Json => LogLine.JsonObject(time.GetUtcNow(), level, name, category, message, state, exception),
            LogFormat.Journald => LogLine.Journald(level, named, message, exception),
            _ => LogLine.Plain(time.GetUtcNow(), level, named, message, exception),
        };
        lock (_gate)
        {
            try
            {
                output.WriteLine(line);
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

        public bool IsEnabled(LogLevel logLevel) => provider.IsEnabled(category, logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                provider.Write(logLevel, category, formatter(state, exception), state, exception);
            }
        }
    }
}
