using Eddy.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Lnd.Tests.Scripted;

/// <summary>An adapter over a scripted LND.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private long _lastCommand;

    private Rig(ScriptedLnd lnd, LndOptions options, ILoggerFactory loggers)
    {
        Lnd = lnd;
        Node = new LndNode(options, Inbox, loggers);
    }

    public ScriptedLnd Lnd { get; }

    public TestInbox Inbox { get; } = new();

    public TestGate Gate { get; } = new();

    public LndNode Node { get; }

    /// <summary>An adapter that has started; connected already, unless the test wants to watch that.</summary>
    public static async Task<Rig> StartAsync(
        Action<ScriptedLnd>? configure = null, Func<LndOptions, LndOptions>? options = null, bool waitForConnection = true, bool withGate = true,
        ILoggerFactory? loggers = null)
    {
        var lnd = await ScriptedLnd.StartAsync(configure);
        var rig = new Rig(lnd, options?.Invoke(lnd.Options) ?? lnd.Options, loggers ?? NullLoggerFactory.Instance);
        rig.Node.Start(withGate ? rig.Gate : null);
        if (waitForConnection)
        {
            await rig.Inbox.WaitForAsync<NodeEvent.ChannelsListed>();
            await lnd.WaitForSubscribersAsync();
        }

        return rig;
    }

    /// <summary>Carries out a command and waits for its outcome.</summary>
    public Task<T> RunAsync<T>(Func<CommandId, NodeCommand> command)
        where T : CommandOutcome
    {
        var id = Execute(command);
        return Inbox.OutcomeAsync<T>(id);
    }

    public CommandId Execute(Func<CommandId, NodeCommand> command)
    {
        var id = NextId();
        Node.Execute(command(id));
        return id;
    }

    public CommandId NextId() => new(Interlocked.Increment(ref _lastCommand));

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Lnd.DisposeAsync();
    }
}
