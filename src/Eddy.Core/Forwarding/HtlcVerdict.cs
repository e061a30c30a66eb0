using Eddy.Lightning;

namespace Eddy.Forwarding;

/// <summary>What to tell LND about an offered HTLC. Eddy never fails, settles or holds one.</summary>
public enum HtlcAction
{
    /// <summary>Plain RESUME, at once.</summary>
    Resume = 0,

    /// <summary>No answer: an on-chain re-offer, where any RESUME would close LND's stream.</summary>
    Silence = 1,

    /// <summary>RESUME_MODIFIED with <see cref="HtlcVerdict.InAmount"/>, after the binding is saved; plain RESUME if saving fails.</summary>
    Waive = 2,
}

/// <summary>The verdict on one offered HTLC.</summary>
/// <param name="Action">What to answer.</param>
/// <param name="InAmount">With <see cref="HtlcAction.Waive"/>: the value of <c>in_amount_msat</c>.</param>
/// <param name="Binding">
/// With <see cref="HtlcAction.Waive"/>: what must be on disk before the answer leaves. With <see cref="HtlcAction.Resume"/>, mostly null: a
/// ring's HTLC that needs no waiver, since our policies ask no fee for it. It is answered at once and saved whenever that is possible:
/// RESUME_MODIFIED is never sent for such a key, so that nothing hangs on it but the ring's own story.
/// </param>
public readonly record struct HtlcVerdict(HtlcAction Action, MilliSatoshi InAmount = default, WaiverBinding? Binding = null)
{
    public static HtlcVerdict Resume => new(HtlcAction.Resume);

    public static HtlcVerdict Silence => new(HtlcAction.Silence);
}
