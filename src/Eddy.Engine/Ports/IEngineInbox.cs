namespace Eddy.Engine.Ports;

/// <summary>Where adapters put what happened. In the daemon a bounded mailbox, in simulation the event queue.</summary>
public interface IEngineInbox
{
    void Post(NodeEvent nodeEvent);
}
