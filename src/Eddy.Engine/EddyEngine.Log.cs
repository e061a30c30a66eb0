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
            var account = ring.ToAccount(_context.Now);
            _context.Ports.Watch.RingEnded(account);
            LogEnded(
                id,
                account.Outcome,
                account.Role,
                account.Amount.Satoshi,
                account.Hops,
                account.Fee.Value,
                account.WaivedFee.Value,
                account.SavedFee.Value,
                (long)(account.EndedAt - account.StartedAt).TotalMilliseconds,
                account.PhaseText,
                account.ReasonCode,
                account.Reason);
        }
        else if (!ReferenceEquals(ring.State, before))
        {
            LogStep(id, before.Name, ring.State.Name);
        }
    }

    [LoggerMessage(LogLevel.Information, "Ring {Ring} {Outcome} as {Role}: {AmountSat} sat over {Hops} hops, fee {FeeMsat} msat, waived {WaivedMsat} msat, saved {SavedMsat} msat, in {DurationMs} ms ({Phases}), {ReasonCode}. {Reason}")]
    private partial void LogEnded(
        string ring, RingOutcome outcome, string role, long amountSat, int hops, long feeMsat, long waivedMsat, long savedMsat, long durationMs, string phases, string reasonCode, string reason);

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
