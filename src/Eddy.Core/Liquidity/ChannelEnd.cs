using Eddy.Lightning;

namespace Eddy.Liquidity;

/// <summary>
/// One node's end of a channel as the consent rule sees it. Its imbalance phi is how far the local balance lies outside the band round the
/// target. A move is allowed where phi does not rise and the target is not crossed from outside the band to its other side; what is
/// allowed is therefore always a range from nothing up to <see cref="Allowed"/>.
/// </summary>
/// <param name="Local">Local balance.</param>
/// <param name="Target">Wanted local balance.</param>
/// <param name="Band">How far from the target is still good.</param>
public readonly record struct ChannelEnd(MilliSatoshi Local, MilliSatoshi Target, MilliSatoshi Band)
{
    /// <summary>max(0, |local - target| - band).</summary>
    public MilliSatoshi Phi => new(Math.Max(0, Math.Abs(Local.Value - Target.Value) - Band.Value));

    /// <summary>True where a move this way brings phi down.</summary>
    public bool Gains(MoveDirection direction) => Surplus(direction) > Band.Value;

    /// <summary>The most that may be moved: outside the band up to the target, inside it up to its far edge, away from it nothing.</summary>
    public MilliSatoshi Allowed(MoveDirection direction)
    {
        var surplus = Surplus(direction);
        return new(surplus > Band.Value ? surplus : Math.Max(0, surplus + Band.Value));
    }

    /// <summary>The most that may be moved where nothing may go away from the target: up to it.</summary>
    public MilliSatoshi Nearing(MoveDirection direction) => new(Math.Max(0, Surplus(direction)));

    /// <summary>True where the rule allows <paramref name="amount"/>, 0 or more, this way.</summary>
    public bool Allows(MoveDirection direction, MilliSatoshi amount) =>
        amount.Value >= 0 && amount <= Allowed(direction);

    /// <summary>By how much phi falls; negative where it rises.</summary>
    public MilliSatoshi Gain(MoveDirection direction, MilliSatoshi amount) => Phi - After(direction, amount).Phi;

    public ChannelEnd After(MoveDirection direction, MilliSatoshi amount) =>
        this with { Local = direction == MoveDirection.Out ? Local - amount : Local + amount };

    private long Surplus(MoveDirection direction) =>
        direction == MoveDirection.Out ? Local.Value - Target.Value : Target.Value - Local.Value;
}
