using Eddy.Simulator.Tests.Grpc;

namespace Eddy.Simulator.Tests.Recorded;

/// <summary>What a recording does not say of itself: how its nodes were configured, and when its clients came.</summary>
internal sealed record ReplayHints
{
    public static readonly ReplayHints None = new();

    /// <summary>Runs on the model's thread before anything else.</summary>
    public Action<LndRig> Prepare { get; init; } = _ => { };

    /// <summary>Nodes whose interceptor connects after the first payment, not at the start.</summary>
    public string ConnectsLate { get; init; } = "";

    /// <summary>The height of the recording's chain; 0 where its route tells.</summary>
    public uint Height { get; init; }

    /// <summary>What the opener of every channel holds at first.</summary>
    public long OpenerSat { get; init; } = 4_000_000;

    /// <summary>Final CLTV deltas of invoices that were not written down, in order.</summary>
    public IReadOnlyList<ulong> UnrecordedCltv { get; init; } = [];

    /// <summary>B, C and D waived their fees, and nobody wrote it down.</summary>
    public bool HasUnrecordedWaivers { get; init; }

    /// <summary>An HTLC of an earlier experiment that only now ended: its id on A's ring channel.</summary>
    public string LeftoverHtlc { get; init; } = "";

    /// <summary>The subscriber of custom messages comes after the first one was sent.</summary>
    public bool SubscribesLate { get; init; }

    public static ReplayHints For(string name, LndVersion version) => name switch
    {
        "j2_require_disconnect" => new() { Prepare = rig => rig.Lnd('C').Node.Interceptor.IsRequired = true, ConnectsLate = "BCD" },
        "j3_require_restart" => new() { Prepare = rig => rig.Lnd('C').Node.Interceptor.IsRequired = true },

        // The recordings' C was made to accept the second copy of an HTLC; the one of the honest C was not.
        "r7_inflight_rm_now" or "r8_inflight_rm_late" or "r9_inflight_r_late" or "r12_inflight_feepaying_r_late"
            or "r14_inflight_zerofee_close" or "r15_inflight_fail_now" => new() { Prepare = rig => rig.Lnd('C').Node.RefusesReplayedOnions = false },
        "i_near_expiry" => new() { Height = 575 },

        // The blocks of i_near_expiry lie between.
        "i2_too_close" => new() { Height = version == LndVersion.V0212 ? 663u : 665 },
        "probe_defaults" or "probe_defaults_ring" => new()
        {
            Height = version == LndVersion.V0203 ? 667u : version == LndVersion.V0185 ? 665u : 663,
            UnrecordedCltv = [80, 80, 80, 80, 24, 24, 24],
            HasUnrecordedWaivers = true,
        },
        "r1_reverse_large" => new() { OpenerSat = 1_100_000 },

        // LND 0.18.5 loses an HTLC whose interceptor answered with a wrong preimage until it restarts, which is here.
        "j1_restart_held_no_require" when version == LndVersion.V0185 => new() { LeftoverHtlc = "29" },
        "cm4_no_subscriber" => new() { SubscribesLate = true },
        "cm10_offline" => new() { Prepare = rig => rig.Lnd('B').Node.Stop() },
        "x1_positive_inbound" => new() { Prepare = rig => rig.Lnd('B').Node.AcceptsPositiveInboundFees = true },
        _ => None,
    };
}
