using System.Collections.Concurrent;
using Eddy.Guarding;
using Microsoft.Extensions.Logging;

namespace Eddy.Tests.Guarding;

/// <summary>The daemon's side of its guard.</summary>
public sealed class GuardTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LineList _log = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_stands_at_once_and_speaks_only_when_the_daemon_runs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(ShellScript.Shell), "There is no guard here.");
        await using var guard = Guard.Start(new(TimeSpan.FromSeconds(2), _directory.File("note")), null, null, _log);
        await ProcessTree.UntilAsync("the guard to run", () => guard.State.Process is not null);
        Assert.Empty(_log.Lines);

        guard.Announce();

        Assert.StartsWith($"Guard: process {guard.State.Process} kills this daemon", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    private sealed class LineList : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
