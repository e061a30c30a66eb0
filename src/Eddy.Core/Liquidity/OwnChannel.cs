using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>An own channel with what the operator wants of it.</summary>
/// <param name="IsExcluded">Nothing may move over it, also not by LND's choice of a parallel channel.</param>
/// <param name="NeutralLeft">How much may still move over it today without bringing it nearer its target; null for no limit.</param>
/// <param name="IsReturning">
/// It, or what counts together with it, was outside its band and has not come to its target since: it goes on to its target, which counts as
/// a gain in full, and does not go back. Otherwise what a ring leaves inside the band would stay there.
/// </param>
public sealed record OwnChannel(
    Channel Channel, ChannelTarget Target, bool IsExcluded = false, MilliSatoshi? NeutralLeft = null, bool IsReturning = false);

/// <summary>What is promised to a ring over one pair and not final yet.</summary>
/// <param name="Hash">Tells whether its HTLC is on a channel already, and out of that channel's balances.</param>
public sealed record Reservation(NodeId Peer, MoveDirection Direction, MilliSatoshi Amount, PaymentHash Hash);
