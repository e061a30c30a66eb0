using System.Diagnostics;
using Eddy.Engine.Rings;
using Eddy.Engine.Views;
using Eddy.Rings;

namespace Eddy.Telemetry;

/// <summary>
/// A trace for each ring that ended: one span for the whole, one for each phase. Its trace id is the beginning of the ring's own id, so that
/// the members' spans meet where several nodes send to the same place.
/// </summary>
internal static class RingTrace
{
    private static readonly ActivitySource Source = new(DaemonMeter.Name, BuildVersion.Number);

    [ThreadStatic]
    private static ActivityTraceId? _next;

    /// <summary>Once, before anything listens: lets a ring give its trace its id.</summary>
    public static void UseRingIds() => Activity.TraceIdGenerator = static () => _next ?? ActivityTraceId.CreateRandom();

    /// <summary>Costs nothing where nobody listens.</summary>
    public static void Write(RingAccount ring)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        var surrounding = Activity.Current;
        Activity.Current = null;
        try
        {
            _next = ActivityTraceId.CreateFromBytes(ring.Id.Value.ToArray().AsSpan(0, 16));
            using var whole = Source.StartActivity(
                ring.Role == "initiator" ? "propose ring" : "join ring", ActivityKind.Internal, default(ActivityContext), Tags(ring), null, ring.StartedAt);
            _next = null;
            if (whole is null)
            {
                return;
            }

            foreach (var phase in ring.Phases)
            {
                using var part = Source.StartActivity($"{phase.Name} ring", ActivityKind.Internal, whole.Context, null, null, phase.StartedAt);
                part?.SetEndTime(phase.StartedAt.UtcDateTime + phase.Took);
            }

            if (ring.Outcome != RingOutcome.Settled)
            {
                whole.SetStatus(ActivityStatusCode.Error, ring.Reason);
            }

            whole.SetEndTime((ring.EndedAt > ring.StartedAt ? ring.EndedAt : ring.StartedAt).UtcDateTime);
        }
        finally
        {
            _next = null;
            Activity.Current = surrounding;
        }
    }

    private static KeyValuePair<string, object?>[] Tags(RingAccount ring) =>
    [
        new("eddy.ring.id", ring.Id.ToString()),
        new("eddy.ring.role", ring.Role),
        new("eddy.ring.size", ring.Hops),
        new("eddy.ring.amount_sat", ring.Amount.Satoshi),
        new("eddy.ring.waived_fee_msat", ring.WaivedFee.Value),
        new("eddy.ring.outcome", ReasonCodes.Of(ring.Outcome)),
        new("eddy.ring.reason", ring.ReasonCode),
    ];
}
