using System.Net;
using Eddy.Api;
using Eddy.Engine.Ports;
using Eddy.Hosting;
using Eddy.Lightning;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Scenarios;

/// <summary>A daemon that steps aside, in this process.</summary>
public sealed class LastingDaemonTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private Scenario _scenario = null!;
    private volatile bool _isFull = true;
    private int _stores;
    private int _starts;

    public async ValueTask InitializeAsync() => _scenario = await Scenario.StartAsync();

    public async ValueTask DisposeAsync() => await _scenario.DisposeAsync();

    [Fact]
    public async Task While_it_is_aside_the_commands_are_told_why_and_nothing_is_at_its_port_that_another_token_opens()
    {
        await using var daemon = await LastingDaemon.StartAsync(Options(), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        using var http = await ClientAsync(daemon);
        var aside = await StatusAsync(http, HttpStatusCode.ServiceUnavailable, "stepped aside");
        http.DefaultRequestHeaders.Authorization = new("Bearer", "another");
        using var refused = await http.GetAsync("v1/status", TestContext.Current.CancellationToken);
        http.DefaultRequestHeaders.Authorization = null;
        _isFull = false;
        using var again = await ClientAsync(daemon);
        await StatusAsync(again, HttpStatusCode.OK, "\"version\"");

        Assert.Contains("The disk is full.", aside, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task It_waits_for_what_another_holds_and_for_a_database_that_is_not_there()
    {
        await using var daemon = await LastingDaemon.StartAsync(Options(), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        using var http = await ClientAsync(daemon);
        await StatusAsync(http, HttpStatusCode.ServiceUnavailable, "stepped aside");
        var database = DataDirectory.DatabaseIn(daemon.DataDirectoryPath);
        DataDirectory? other = null;
        await _scenario.UntilAsync("the lock", () => Task.FromResult((other = TryOpen(daemon.DataDirectoryPath)) is not null));
        _isFull = false;
        await StatusAsync(http, HttpStatusCode.ServiceUnavailable, "another eddy daemon");
        File.Move(database, database + ".away");
        other!.Dispose();
        await StatusAsync(http, HttpStatusCode.ServiceUnavailable, "is its disk mounted?");
        Assert.False(File.Exists(database));
        File.Move(database + ".away", database);

        await StatusAsync(http, HttpStatusCode.OK, "\"version\"");
    }

    [Fact]
    public async Task It_ends_when_it_is_stopped_at_the_moment_it_comes_back()
    {
        LastingDaemon? daemon = null;
        using var hasLooked = new ManualResetEventSlim();
        var stopping = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        var loggers = new HookedLoggers
        {
            // The last thing of a start; the one who stops it looks whom to stop before the second one is there.
            OnCreate = category =>
            {
                if (category.EndsWith(nameof(BackupKeeper), StringComparison.Ordinal) && Interlocked.Increment(ref _starts) == 2)
                {
                    stopping.SetResult(daemon!.DisposeAsync().AsTask());
                    Assert.True(hasLooked.Wait(Patience), "Nobody looked whom to stop.");
                }
            },
            OnLog = text =>
            {
                if (text.StartsWith("Stopped while aside", StringComparison.Ordinal))
                {
                    hasLooked.Set();
                }
            },
        };
        daemon = await LastingDaemon.StartAsync(Options() with { Backups = 1 }, loggers, TestContext.Current.CancellationToken);
        using var http = await ClientAsync(daemon);
        await StatusAsync(http, HttpStatusCode.ServiceUnavailable, "stepped aside");
        _isFull = false;

        await (await stopping.Task.WaitAsync(Patience, TestContext.Current.CancellationToken)).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(daemon.Completion.IsCompleted);
        DataDirectory.Open(daemon.DataDirectoryPath).Dispose();
    }

    private static DataDirectory? TryOpen(string path)
    {
        try
        {
            return DataDirectory.Open(path);
        }
        catch (StartException)
        {
            return null;
        }
    }

    private static async Task<HttpClient> ClientAsync(LastingDaemon daemon)
    {
        var http = new HttpClient { BaseAddress = daemon.ApiAddress };
        var token = await File.ReadAllTextAsync(AccessToken.PathIn(daemon.DataDirectoryPath), TestContext.Current.CancellationToken);
        http.DefaultRequestHeaders.Authorization = new("Bearer", token.Trim());
        return http;
    }

    /// <summary>What it answers when it first does so with that code and that text.</summary>
    private async Task<string> StatusAsync(HttpClient http, HttpStatusCode code, string text)
    {
        var body = "";
        await _scenario.UntilAsync($"status to answer {code}", async () =>
        {
            try
            {
                using var response = await http.GetAsync("v1/status", TestContext.Current.CancellationToken);
                body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
                return response.StatusCode == code && body.Contains(text, StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return body;
    }

    private DaemonOptions Options() => _scenario.Site.OptionsOf(_scenario.Initiator) with
    {
        FirstPause = TimeSpan.FromMilliseconds(50),
        Ports = new PortDecoration
        {
            Store = store => Interlocked.Increment(ref _stores) == 1 || !_isFull ? store : throw new StartException(ExitCode.Failed, "The disk is full.") { MayPass = true },
            Messenger = messenger => new FailingMessenger(messenger, () => _isFull),
        },
    };

    /// <summary>Stands in for the store: what it throws ends the engine in the same way, and every peer is said hello to.</summary>
    private sealed class FailingMessenger(IPeerMessenger messenger, Func<bool> isFull) : IPeerMessenger
    {
        public void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload)
        {
            if (isFull())
            {
                throw new StoreException(StoreFault.Full, "The disk is full.");
            }

            messenger.Send(id, peer, payload);
        }
    }

    private sealed class HookedLoggers : ILoggerFactory, ILogger
    {
        public required Action<string> OnCreate { get; init; }

        public required Action<string> OnLog { get; init; }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName)
        {
            OnCreate(categoryName);
            return this;
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            OnLog(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
