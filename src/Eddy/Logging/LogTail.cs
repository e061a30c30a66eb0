using System.Collections.Immutable;

namespace Eddy.Logging;

/// <param name="Number">Counted from 1 since the daemon's start.</param>
internal sealed record LogEntry(long Number, DateTimeOffset At, LogLevel Level, string Category, string Message);

/// <summary>The latest lines of the log, kept for whoever looks in from outside; so many and no more.</summary>
internal sealed class LogTail(TimeProvider time) : ILoggerProvider
{
    public const int Capacity = 400;
    private const int LongestMessage = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<LogEntry> _lines = new();
    private TaskCompletionSource _changed = New();
    private long _count;

    /// <summary>Ends at the next line.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>The lines after a number, oldest first, as far as they are still here.</summary>
    public ImmutableArray<LogEntry> After(long number)
    {
        lock (_gate)
        {
            return [.. _lines.SkipWhile(line => line.Number <= number)];
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Add(LogLevel level, string category, string message, Exception? exception)
    {
        var text = CommandLine.Terminal.Clean(exception is null ? message : $"{message}: {exception.Message}");
        var line = text.Length > LongestMessage ? text[..LongestMessage] : text;
        lock (_gate)
        {
            _lines.Enqueue(new(++_count, time.GetUtcNow(), level, category, line));
            if (_lines.Count > Capacity)
            {
                _lines.Dequeue();
            }
        }

        Interlocked.Exchange(ref _changed, New()).TrySetResult();
    }

    private sealed class Logger(LogTail tail, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        // What is of less weight goes by in masses, and would push out what somebody looks for.
        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                tail.Add(logLevel, category, formatter(state, exception), exception);
            }
        }
    }
}
