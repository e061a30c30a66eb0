namespace Eddy.Engine.Views;

/// <summary>How much an engine holds in memory now: each has a bound, whatever peers and LND do. Cheap to ask for.</summary>
/// <param name="PendingCommands">Asked of LND and not answered yet.</param>
/// <param name="Timers">Entries of the timer queue, stale ones included.</param>
/// <param name="RingsOpen">Rings under way.</param>
/// <param name="RingsKept">Those and the latest that ended.</param>
/// <param name="Bindings">Circuit keys that were waived and may still be offered again.</param>
/// <param name="Peers">Peers remembered.</param>
/// <param name="Adverts">Origins in the book.</param>
/// <param name="WaitingAdverts">Parts that wait until somebody names their origin.</param>
/// <param name="MissingAdverts">Parts that were offered and are not here yet.</param>
public readonly record struct EngineSizes(
    int PendingCommands, int Timers, int RingsOpen, int RingsKept, int Bindings, int Peers, int Adverts, int WaitingAdverts, int MissingAdverts);
