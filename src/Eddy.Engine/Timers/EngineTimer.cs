using Eddy.Lightning;
using Eddy.Rings;

namespace Eddy.Engine.Timers;

/// <summary>What a timer is for.</summary>
internal enum TimerKind
{
    Search,
    PublishAdvert,
    RelayAdverts,
    OfferAdverts,
    AskForAdverts,
    RepeatHello,
    RingDeadline,
    AskAgain,
    Retry,
    Housekeeping,
    MuteOver,
    ListAgain,
}

/// <summary>A timer as data: setting the same one again moves it.</summary>
internal readonly record struct EngineTimer(TimerKind Kind, NodeId Peer = default, RingId Ring = default);
