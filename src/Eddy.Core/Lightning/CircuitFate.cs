namespace Eddy.Lightning;

/// <summary>What LND knows of one incoming HTLC.</summary>
public enum CircuitFate
{
    /// <summary>Neither pending nor in the forwarding history: failed, or never forwarded.</summary>
    Gone = 0,
    Pending = 1,
    Settled = 2,
}
