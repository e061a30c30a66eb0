using Microsoft.Extensions.Logging;

namespace Eddy.Lnd.Tests.Scripted;

/// <summary>A log that throws for each event whose text begins like that.</summary>
internal sealed class BreakingLog(string beginning) : ILoggerFactory, ILogger
{
    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (formatter(state, exception).StartsWith(beginning, StringComparison.Ordinal))
        {
            throw new IOException("No space left on device");
        }
    }

    public void Dispose()
    {
    }
}
