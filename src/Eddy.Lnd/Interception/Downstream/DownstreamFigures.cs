namespace Eddy.Lnd.Interception;

/// <summary>What the other programs behind eddy's own interceptor endpoint have done since the start.</summary>
/// <param name="Late">Answers to what was decided already, or never asked.</param>
/// <param name="Missed">Answers that did not come in time.</param>
/// <param name="Dropped">Clients whose stream was ended for a wrong answer, or for too many missing ones.</param>
public sealed record DownstreamFigures(
    int Clients, int Held, long Resumed, long Modified, long Failed, long Settled, long Late, long Missed, long Dropped)
{
    public static readonly DownstreamFigures None = new(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
