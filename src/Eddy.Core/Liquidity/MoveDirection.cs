namespace Eddy.Liquidity;

/// <summary>Which way a move goes, seen from this node.</summary>
public enum MoveDirection
{
    /// <summary>From this node to the peer: local balance falls.</summary>
    Out = 0,

    /// <summary>From the peer to this node: local balance rises.</summary>
    In = 1,
}
