using Eddy.Engine.Ports;
using Eddy.Engine.Rings;
using Eddy.Rings;
using Microsoft.Extensions.Logging;

namespace Eddy.Engine;

/// <summary>What the engine logs: an operator's acts and rings that end as information, the steps between for who looks closer.</summary>
public sealed partial class EddyEngine
{
    private void Log(Ring ring, RingState before)
    {
        var id = ring.Id.ToShortString();
        if (ring.State.IsFinal && !before.IsFinal)
        {
            LogEnded(id, ring.IsInitiator ? "initiator" : "member", ring.State.Outcome, RingStory.Ending(ring.Terms, ring.State).Reason);
        }
        else if (!ReferenceEquals(ring.State, before))
        {
            LogStep(id, before.Name, ring.State.Name);
        }
    }

    [LoggerMessage(LogLevel.Information, "Ring {Ring} ended, we were its {Role}: {Outcome}. {Reason}")]
    private partial void LogEnded(string ring, string role, RingOutcome outcome, string reason);

    [LoggerMessage(LogLevel.Debug, "Ring {Ring}: {Before} -> {After}.")]
    private partial void LogStep(string ring, string before, string after);

    [LoggerMessage(LogLevel.Information, "LND {Alias} {Node} on {Network} is there, version {Version}, height {Height}.")]
    private partial void LogConnected(string alias, string node, string network, string version, uint height);

    [LoggerMessage(LogLevel.Warning, "LND is away: {Reason}")]
    private partial void LogDisconnected(string reason);

    [LoggerMessage(LogLevel.Information, "The interceptor is {State}. {Reason}")]
    private partial void LogInterceptor(InterceptorState state, string reason);

    [LoggerMessage(LogLevel.Information, "{Message}")]
    private partial void LogOperator(string message);

    [LoggerMessage(LogLevel.Debug, "A message of {Peer} cannot be read: {Fault}")]
    private partial void LogMalformed(string peer, string fault);
}
