using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Timers;
using Eddy.Engine.Wire;
using Eddy.Lightning;
using Eddy.Liquidity;
using Channel = Eddy.Lightning.Channel;

namespace Eddy.Engine;

/// <summary>
/// What the engine's parts share: the step they are in, what it changes, what it will do once that is saved, and what is known of our node.
/// Nothing leaves the engine before the step's batch is on disk.
/// </summary>
internal sealed class EngineContext(EngineOptions options, EnginePorts ports)
{
    /// <summary>Effects known to be done wait for the next commit, up to this many.</summary>
    private const int MostOutboxDone = 32;

    private const long SecondsPerDay = 86_400;

    private readonly Queue<Action> _afterCommit = new();
    private readonly Dictionary<long, Action<CommandOutcome>> _pending = [];
    private long _lastCommand;

    /// <summary>What the operator wants now: another object after each change.</summary>
    public EngineOptions Options { get; set; } = options;

    /// <summary>The same for the planner.</summary>
    public PlannerOptions Planner => new()
    {
        MaxHops = Options.Rings.MaxLength,
        MinAmount = Options.Rings.MinAmountSat,
        MaxAmount = Options.Rings.MaxAmountSat,
        MaxRings = Options.Policy.MaxInFlight,
        Interval = Options.Rings.Interval,
    };

    public EnginePorts Ports { get; } = ports;

    public TimerQueue Timers { get; } = new();

    public StoreBatch Batch { get; } = new();

    /// <summary>The time of this step.</summary>
    public DateTimeOffset Now { get; private set; } = ports.Time.GetUtcNow();

    public NodeIdentity? Node { get; set; }

    public bool IsConnected { get; set; }

    public string ConnectionReason { get; set; } = "";

    /// <summary>LND knows the chain to its tip, as far as it says.</summary>
    public bool IsSynced { get; set; } = true;

    public InterceptorState Interceptor { get; set; }

    public string InterceptorReason { get; set; } = "The interceptor was not asked for yet.";

    public bool IsPaused { get; set; }

    /// <summary>The process is about to end.</summary>
    public bool IsStopping { get; set; }

    public uint Height { get; set; }

    /// <summary>In order of their ids.</summary>
    public ImmutableArray<Channel> Channels { get; set; } = [];

    public bool CanInitiate => !Options.IsObserving;

    public bool CanWaive => !Options.IsObserving && Interceptor == InterceptorState.Up;

    /// <summary>True where neither a proposal of ours nor a consent may be given.</summary>
    public bool IsIdle => IsPaused || IsStopping || Options.IsObserving || !IsConnected;

    public void BeginStep() => Now = Ports.Time.GetUtcNow();

    /// <summary>Saves what the step changed, then does what it asked for.</summary>
    public void EndStep()
    {
        if (!Batch.HasNothingButOutboxDone || Batch.OutboxDone.Count >= MostOutboxDone)
        {
            Ports.Store.Commit(Batch);
            Batch.Clear();
        }

        while (_afterCommit.TryDequeue(out var action))
        {
            action();
        }
    }

    /// <summary>After the step is saved.</summary>
    public void Afterwards(Action action) => _afterCommit.Enqueue(action);

    /// <summary>Asks LND, after the step is saved; <paramref name="then"/> runs in the step that its outcome begins.</summary>
    public void Execute(Func<CommandId, NodeCommand> command, Action<CommandOutcome> then)
    {
        var id = NextCommand(then);
        Afterwards(() => Ports.Node.Execute(command(id)));
    }

    /// <summary>Sends a message, after the step is saved; <paramref name="then"/> runs in the step that its outcome begins.</summary>
    public void Send(NodeId peer, ReadOnlyMemory<byte> payload, Action<CommandOutcome>? then = null)
    {
        if (payload.Length > IPeerMessenger.MaxMessageSize)
        {
            throw new InvalidOperationException($"A message of {payload.Length} bytes was about to be sent.");
        }

        Ports.Watch.MessageSent(WireKind.Of(payload.Span), payload.Length);
        var id = NextCommand(then ?? (static _ => { }));
        Afterwards(() => Ports.Messenger.Send(id, peer, payload));
    }

    public void Complete(NodeEvent.Completed completed)
    {
        if (_pending.Remove(completed.Id.Value, out var then))
        {
            then(completed.Outcome);
        }
    }

    /// <summary>Commands and messages without an outcome yet.</summary>
    public int Pending => _pending.Count;

    /// <summary>Days since 1970-01-01 UTC.</summary>
    public int Today => (int)(Now.ToUnixTimeSeconds() / SecondsPerDay);

    /// <summary>A time between the span and half as much again.</summary>
    public TimeSpan Jittered(TimeSpan span) => span * (1 + (Ports.Random.NextDouble() / 2));

    public Bytes32 FreshBytes()
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        Ports.Entropy.Fill(bytes);
        return new Bytes32(bytes);
    }

    private CommandId NextCommand(Action<CommandOutcome> then)
    {
        _lastCommand++;
        _pending.Add(_lastCommand, then);
        return new CommandId(_lastCommand);
    }
}
