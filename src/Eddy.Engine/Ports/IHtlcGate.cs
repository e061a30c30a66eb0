using Eddy.Forwarding;

namespace Eddy.Engine.Ports;

/// <summary>
/// Judges what LND's interceptor offers. The adapter owns the stream and calls <see cref="Judge"/> from one loop, in order of arrival;
/// <see cref="TryBind"/> runs on another, so that a slow disk holds up rings and nothing else.
/// </summary>
public interface IHtlcGate
{
    /// <summary>
    /// In memory only: no disk, no network, no lock, microseconds. Marks key and waiver as used where the verdict is Waive. Only then has the
    /// caller to bind; a binding that comes with Resume is the gate's own business.
    /// </summary>
    HtlcVerdict Judge(in InterceptedHtlc htlc);

    /// <summary>Saves the binding. True: answer RESUME_MODIFIED. False (disk full, locked, broken, too late): answer plain RESUME.</summary>
    bool TryBind(WaiverBinding binding);
}
