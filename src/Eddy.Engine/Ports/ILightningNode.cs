namespace Eddy.Engine.Ports;

/// <summary>
/// LND as the engine sees it. A call returns at once and never throws for what LND says; its outcome comes back to the engine's inbox as
/// <see cref="NodeEvent.Completed"/> with the command's id, and everything LND tells unasked as the other <see cref="NodeEvent"/>s.
/// Implementations: Eddy.Lnd over gRPC, Eddy.Simulator in virtual time.
/// </summary>
public interface ILightningNode
{
    void Execute(NodeCommand command);
}
