using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Timers;

/// <summary>What a timer is for.</summary>
internal enum TimerKind
{
    Search,
    PublishAdvert,
    Heartbeat,
    RelayAdverts,
    RepeatHello,
    RingDeadline,
    Housekeeping,
}

/// <summary>A timer as data: setting the same one again moves it.</summary>
internal readonly record struct EngineTimer(TimerKind Kind, NodeId Peer = default, RingId Ring = default);
