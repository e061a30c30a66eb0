using Eddy.Engine.Ports;
using Eddy.Forwarding;

namespace Eddy.Lnd.Tests.Scripted;

/// <summary>A judge that does what a test says; resumes everything by default.</summary>
internal sealed class TestGate : IHtlcGate
{
    public Func<InterceptedHtlc, HtlcVerdict> OnJudge { get; set; } = _ => HtlcVerdict.Resume;

    public Func<WaiverBinding, bool> OnBind { get; set; } = _ => true;

    public HtlcVerdict Judge(in InterceptedHtlc htlc) => OnJudge(htlc);

    public bool TryBind(WaiverBinding binding) => OnBind(binding);
}
