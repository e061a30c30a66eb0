using Eddy.Protos.Routerrpc;

namespace Eddy.Lnd.Interception;

/// <summary>An HTLC that other programs have been asked about.</summary>
internal sealed class HeldHtlc(ForwardHtlcInterceptRequest request, long arrived, long due, Action<ForwardHtlcInterceptResponse, long> reply)
{
    public ForwardHtlcInterceptRequest Request => request;

    public (ulong Channel, ulong Htlc) Key => (request.IncomingCircuitKey.ChanId, request.IncomingCircuitKey.HtlcId);

    /// <summary>Environment.TickCount64 at which whoever has not answered counts as having resumed it.</summary>
    public long Due => due;

    /// <summary>Those who have not answered: they hold it.</summary>
    public List<DownstreamClient> Waiting { get; } = [];

    /// <summary>The answer of the first client that modifies it.</summary>
    public ForwardHtlcInterceptResponse? Modified { get; set; }

    public long ModifiedBy { get; set; } = long.MaxValue;

    public void Reply(ForwardHtlcInterceptResponse response) => reply(response, arrived);
}
