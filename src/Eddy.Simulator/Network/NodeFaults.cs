namespace Eddy.Simulator;

/// <summary>What LND does with one call instead of, or before, carrying it out.</summary>
/// <param name="Delay">Passes before the call is carried out or refused.</param>
/// <param name="Error">Null: carried out.</param>
/// <param name="IsCarriedOut">
/// With an error that leaves open what became of the call (UNAVAILABLE and its like): it was carried out all the same, and only the answer
/// got lost. Heard by the engine's ports.
/// </param>
public sealed record CallFault(TimeSpan Delay, RpcError? Error, bool IsCarriedOut = false);

/// <summary>Faults of one node. The faces ask <see cref="OnCall"/>; the model itself knows the stuck hop.</summary>
public sealed class NodeFaults
{
    private readonly Dictionary<Htlc, bool> _stuck = [];

    /// <summary>Asked for every call by LND's method name (<c>SendToRouteV2</c>); null or a null answer: no fault.</summary>
    public Func<string, CallFault?>? OnCall { get; set; }

    /// <summary>HTLCs this node takes and then neither forwards nor fails nor settles: a stuck hop.</summary>
    public Func<Htlc, bool>? StuckHop { get; set; }

    /// <summary>HTLCs that are stuck now.</summary>
    public IReadOnlyList<Htlc> Stuck => [.. _stuck.Keys];

    /// <summary>Lets go of stuck HTLCs: they go on as if they had just arrived.</summary>
    public void ReleaseStuck()
    {
        StuckHop = null;
        var stuck = _stuck.ToArray();
        _stuck.Clear();
        foreach (var (htlc, isReplay) in stuck)
        {
            if (htlc is { State: HtlcState.LockedIn, Resolution: null })
            {
                // One that was under way before and only offered again meanwhile must not be taken for a copy of itself.
                htlc.Receiver.Node.Switch.OnLockedIn(htlc, isReplay);
            }
        }
    }

    internal bool HoldsForever(Htlc htlc, bool isReplay)
    {
        if (StuckHop is null || !StuckHop(htlc))
        {
            return false;
        }

        _stuck.TryAdd(htlc, isReplay);
        return true;
    }
}
