namespace Eddy.Simulator.Faults;

/// <summary>What can go wrong in a simulated network. Its name on the command line is <see cref="FaultKinds.NameOf"/>.</summary>
public enum FaultKind
{
    // Messages between daemons.

    /// <summary>A message is lost; its sender hears that all went well.</summary>
    MessageLost,

    /// <summary>It arrives twice.</summary>
    MessageDoubled,

    /// <summary>It arrives late, and what follows it too.</summary>
    MessageDelayed,

    /// <summary>Later ones overtake it.</summary>
    MessageReordered,

    // Connections.

    /// <summary>A connection of two peers drops and comes back.</summary>
    LinkFlap,

    /// <summary>Two peers cannot reach each other for a while.</summary>
    LinkDown,

    /// <summary>The network falls into two parts for a while.</summary>
    Partition,

    // The daemon's process.

    /// <summary>It is killed between two steps.</summary>
    Crash,

    /// <summary>It dies before a commit: nothing of the step happened.</summary>
    CrashBeforeSaving,

    /// <summary>It dies after a commit and before it acts.</summary>
    CrashAfterSaving,

    /// <summary>It dies between two acts of one step.</summary>
    CrashWhileActing,

    /// <summary>It dies before a waiver's binding is saved.</summary>
    CrashBeforeBinding,

    /// <summary>It dies when the binding is saved and the answer has not left.</summary>
    CrashAfterBinding,

    /// <summary>A binding cannot be saved.</summary>
    BindingRefused,

    /// <summary>Its clock is set wrong, by up to ten minutes either way.</summary>
    ClockJump,

    // LND.

    /// <summary>A call is refused, or ends without anybody knowing what came of it.</summary>
    LndRefuses,

    /// <summary>A call takes up to twenty seconds.</summary>
    LndSlow,

    /// <summary>LND restarts.</summary>
    LndRestart,

    /// <summary>The interceptor's stream ends while HTLCs are held, and they are offered again to the next one.</summary>
    LndReplay,

    /// <summary>The streams of events end, and what happens meanwhile is not heard of.</summary>
    StreamsDrop,

    /// <summary>Blocks arrive.</summary>
    Blocks,

    // Money.

    /// <summary>Another payment takes the balance that a ring counts on.</summary>
    BalanceMoved,

    /// <summary>A node changes its fees while a ring is agreed on.</summary>
    PolicyChanged,

    /// <summary>Several nodes propose at the same moment.</summary>
    RivalRings,

    // Lies.

    /// <summary>A node sends adverts again that it replaced long ago.</summary>
    StaleAdvert,

    /// <summary>A node sends adverts of others that it has changed.</summary>
    ForgedAdvert,

    /// <summary>A node signs two adverts with the same number and tells each to another peer.</summary>
    ConflictingAdvert,

    /// <summary>A member accepts and then does not waive.</summary>
    WaiverWithheld,

    /// <summary>A node holds a ring's HTLC after those before it waived.</summary>
    HtlcStalled,

    /// <summary>A member agrees to less than the initiator's minimum.</summary>
    TermsShrunk,

    /// <summary>A member changes the terms of those before it, or the offer.</summary>
    TermsChanged,

    /// <summary>A member answers twice, and differently.</summary>
    AnswerTwice,

    /// <summary>A member never passes a proposal on, nor says no.</summary>
    AnswerNever,

    /// <summary>A member tells its neighbours of endings that are not true.</summary>
    FalseHint,
}
