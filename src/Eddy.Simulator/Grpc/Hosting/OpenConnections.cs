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

    /// <summary>Breaks every connection at once, as a killed process does.</summary>
    public void AbortAll()
    {
        foreach (var connection in Open())
        {
            connection.Abort(new ConnectionAbortedException("The simulated LND stopped."));
        }
    }

    /// <summary>Closes every connection behind what was written to it; the other side may read that first.</summary>
    public async Task CloseAllAsync(TimeSpan patience)
    {
        var connections = Open();
        foreach (var connection in connections)
        {
            try
            {
                await connection.Transport.Output.CompleteAsync();
            }
            catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or IOException)
            {
                // A write is under way, or the connection broke: there is nothing to close it behind.
                connection.Abort(new ConnectionAbortedException("The simulated LND stopped."));
            }
        }

        var closed = Task.WhenAll(connections.Select(connection => Task.Delay(Timeout.Infinite, connection.ConnectionClosed)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)));
        await closed.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        AbortAll();
    }

    private ConnectionContext[] Open()
    {
        lock (_lock)
        {
            return [.. _connections];
        }
    }
}
