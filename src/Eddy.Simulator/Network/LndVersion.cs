using System.Globalization;

namespace Eddy.Simulator;

/// <summary>A version of LND and what differs by it. Everything newer than 0.21.2 is taken to behave like 0.21.2.</summary>
public sealed record LndVersion(uint Minor, uint Patch) : IComparable<LndVersion>
{
    public static readonly LndVersion V0185 = new(18, 5);
    public static readonly LndVersion V0193 = new(19, 3);
    public static readonly LndVersion V0203 = new(20, 3);
    public static readonly LndVersion V0212 = new(21, 2);

    /// <summary>Blocks before its expiry at which a held HTLC is failed, and the least an exit HTLC must have left.</summary>
    public uint RejectDelta => IsAtLeast(21, 0) ? 19u : 13;

    /// <summary>An HTLC with less than this many blocks left is failed before any interceptor sees it.</summary>
    public uint InterceptDelta => RejectDelta + 3;

    /// <summary>Smallest <c>time_lock_delta</c> of a policy and <c>cltv_expiry</c> of an invoice.</summary>
    public uint MinCltvDelta => IsAtLeast(21, 0) ? 24u : 18;

    /// <summary>An accepted hold invoice is cancelled this many blocks before its HTLC expires.</summary>
    public uint HoldExpiryDelta => IsAtLeast(21, 0) ? 18u : 12;

    /// <summary>The guard against absurd expiries before interception, and the bound of 2016 blocks on a forward's own lock time.</summary>
    public bool HasExpiryTooFarGuard => Has0202Fixes;

    /// <summary>Held entries outlive a resolution that failed, on-chain re-offers are kept to their expiry, newer error texts.</summary>
    public bool KeepsHeldOnError => Has0202Fixes;

    /// <summary>Given outgoing wire records are added to those that came in instead of replacing them.</summary>
    public bool MergesWireRecords => IsAtLeast(19, 0);

    /// <summary>SendCustomMessage and ConnectPeer answer with a status text; ForwardingHistory carries HTLC ids; <c>HTLC.locked_in</c>.</summary>
    public bool HasStatusTexts => IsAtLeast(19, 0);

    /// <summary>Forwarded HTLCs carry the experimental endorsement signal as a wire record (seen from 0.21 on).</summary>
    public bool SendsEndorsement => IsAtLeast(21, 0);

    /// <summary>ListPayments answers at most 100 payments when asked for no number.</summary>
    public bool LimitsListPayments => IsAtLeast(20, 0);

    /// <summary>An onion that does not fit is an attempt that failed with INTERNAL_FAILURE rather than an error of the call.</summary>
    public bool FailsAttemptOnOversizedOnion => !IsAtLeast(19, 0);

    private bool Has0202Fixes => IsAtLeast(21, 1) || (Minor == 20 && Patch >= 2);

    public static bool operator <(LndVersion left, LndVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(LndVersion left, LndVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(LndVersion left, LndVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LndVersion left, LndVersion right) => left.CompareTo(right) >= 0;

    public bool IsAtLeast(uint minor, uint patch) => Minor > minor || (Minor == minor && Patch >= patch);

    public int CompareTo(LndVersion? other) =>
        other is null ? 1 : Minor != other.Minor ? Minor.CompareTo(other.Minor) : Patch.CompareTo(other.Patch);

    /// <summary>As in GetVersion: <c>0.20.3-beta</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0.{Minor}.{Patch}-beta");
}
