namespace Eddy.Engine.Views;

/// <summary>The owner's limits and what is left of them today (UTC); rings under way count as if they had moved what they may. Null where nothing is limited.</summary>
/// <param name="LeftForTightestPeerSat">What is left with the eddy peer with which the least is left.</param>
public sealed record LimitsView(
    int MaxInFlight,
    int InFlight,
    int MaxMemberInFlight,
    int MemberInFlight,
    long? MaxPerDaySat,
    long? LeftPerDaySat,
    long? MaxPerPeerPerDaySat,
    long? LeftForTightestPeerSat,
    long? MaxWaivedFeePerDaySat,
    long? LeftWaivedFeePerDaySat);
