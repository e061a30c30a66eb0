namespace Eddy;

/// <summary>How the process ends. Scripts rely on the numbers.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Port taken, ring not settled, an invariant broken.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage or configuration.</summary>
    public const int Usage = 2;

    /// <summary>LND or the daemon cannot be talked to.</summary>
    public const int Unreachable = 3;

    /// <summary>Macaroon lacks rights, wrong token.</summary>
    public const int Refused = 4;

    /// <summary>Unknown id or scid, no ring.</summary>
    public const int NotFound = 5;
}
