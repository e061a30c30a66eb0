using System.Collections.Immutable;
using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Views;

/// <summary>What an operator asks of the running engine. Carried out between two steps; the reply comes back once.</summary>
public abstract record OperatorRequest
{
    private OperatorRequest()
    {
    }

    /// <summary>Search now. A dry run only shows the best ring in which this node is the proposer.</summary>
    public sealed record Propose(bool IsDryRun) : OperatorRequest;

    /// <summary>Neither propose nor accept any more; rings under way end. Survives a restart.</summary>
    public sealed record Pause : OperatorRequest;

    public sealed record Resume : OperatorRequest;

    /// <summary>
    /// From now on what these say holds. Rings under way keep the terms they were agreed to with. The longest ring stays what it was at the
    /// start: how far adverts are kept follows from it.
    /// </summary>
    public sealed record Reconfigure(EngineOptions Options) : OperatorRequest;

    /// <summary>The owner's word on one node. Survives a restart.</summary>
    /// <param name="For">How long it holds; null for until it is taken back.</param>
    public sealed record Say(NodeId Node, PeerWord Word, TimeSpan? For) : OperatorRequest;

    /// <summary>Nothing new is begun or agreed to any more until the process ends; rings under way may end first.</summary>
    public sealed record Stop : OperatorRequest;

    /// <summary>End a ring that has not paid yet.</summary>
    public sealed record Cancel(RingId Ring) : OperatorRequest;
}

/// <summary>The answer to an <see cref="OperatorRequest"/>.</summary>
/// <param name="Status">What came of it.</param>
/// <param name="Message">One plain sentence.</param>
/// <param name="Ring">The ring proposed, found or cancelled.</param>
public sealed record OperatorReply(OperatorStatus Status, string Message, RingId? Ring = null, long AmountSat = 0, ImmutableArray<NodeId> Nodes = default);

public enum OperatorStatus
{
    Done = 0,

    /// <summary>No such ring, or no ring to be had: the message says why.</summary>
    NotFound = 1,

    /// <summary>Not now: paused, LND away, too late to cancel.</summary>
    Refused = 2,
}
