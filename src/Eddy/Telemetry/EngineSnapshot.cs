using Eddy.Engine.Views;

namespace Eddy.Telemetry;

/// <summary>What a look at the engine shows.</summary>
internal sealed record EngineSnapshot(EngineView View, EngineSizes Sizes);
