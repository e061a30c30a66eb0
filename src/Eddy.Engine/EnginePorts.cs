using Eddy.Engine.Forwarding;
using Eddy.Engine.Ports;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Engine;

/// <summary>Everything the engine touches. Daemon and simulation differ in nothing else.</summary>
public sealed record EnginePorts
{
    public required IEddyStore Store { get; init; }

    public required ILightningNode Node { get; init; }

    public required IPeerMessenger Messenger { get; init; }

    /// <summary>The same gate that the adapter asks.</summary>
    public required HtlcGate Gate { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>For jitter and back-off only; secrets come from <see cref="Entropy"/>.</summary>
    public required Random Random { get; init; }

    public required IEntropy Entropy { get; init; }

    /// <summary>Null: one of the engine's own.</summary>
    public ISignatureVerifier? Verifier { get; init; }

    /// <summary>Told what the engine does; changes nothing.</summary>
    public IEngineWatch Watch { get; init; } = NoEngineWatch.Instance;

    public ILogger<EddyEngine> Logger { get; init; } = NullLogger<EddyEngine>.Instance;
}
