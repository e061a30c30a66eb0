using Microsoft.AspNetCore.Connections;

namespace Eddy.Simulator.Grpc;

/// <summary>The TCP connections of one listener, so that they can be cut as a dying LND cuts them.</summary>
internal sealed class OpenConnections
{
    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionContext> _connections = [];

    public ConnectionDelegate Track(ConnectionDelegate next) => async connection =>
    {
        lock (_lock)
        {
            _connections.Add(connection);
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (_lock)
            {
                _connections.Remove(connection);
            }
        }
    };

    public void AbortAll()
    {
        ConnectionContext[] connections;
        lock (_lock)
        {
            connections = [.. _connections];
        }

        foreach (var connection in connections)
        {
            connection.Abort(new ConnectionAbortedException("The simulated LND stopped."));
        }
    }
}
