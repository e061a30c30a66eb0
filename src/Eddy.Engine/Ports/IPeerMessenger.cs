using Eddy.Lightning;

namespace Eddy.Engine.Ports;

/// <summary>
/// Custom messages of type 60881. Calls for one peer are carried out one after another, in order; nothing may rely on delivery. The
/// outcome (handed to the transport, or why not) comes back as <see cref="NodeEvent.Completed"/>.
/// </summary>
public interface IPeerMessenger
{
    /// <summary>The custom message type: 0xEDD1.</summary>
    const uint MessageType = 60881;

    /// <summary>The most we ever send. LND drops the peer's connection above 65,533 bytes.</summary>
    const int MaxMessageSize = 60 * 1024;

    void Send(CommandId id, NodeId peer, ReadOnlyMemory<byte> payload);
}
