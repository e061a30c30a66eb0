namespace Eddy.Simulator.Grpc;

/// <summary>The calls under way at one node: streams, so that they can be dropped; single calls, so that a stop can let them answer.</summary>
internal sealed class OpenCalls
{
    private readonly Lock _lock = new();
    private readonly HashSet<OpenStream> _streams = [];
    private int _singleCalls;
    private TaskCompletionSource? _idle;

    /// <summary>Notes a stream until the result is disposed.</summary>
    /// <param name="method">Full method path.</param>
    /// <param name="end">Ends the call with an error, or regularly with null. Runs on any thread.</param>
    public IDisposable AddStream(string method, Action<RpcError?> end)
    {
        var stream = new OpenStream(this, method, end);
        lock (_lock)
        {
            _streams.Add(stream);
        }

        return stream;
    }

    public IDisposable AddSingleCall()
    {
        lock (_lock)
        {
            _singleCalls++;
        }

        return new SingleCall(this);
    }

    /// <summary>Ends every stream whose method path ends with <paramref name="method"/>; empty ends all.</summary>
    /// <returns>How many there were.</returns>
    public int DropStreams(string method, RpcError? error)
    {
        OpenStream[] streams;
        lock (_lock)
        {
            streams = [.. _streams.Where(stream => stream.Method.EndsWith(method, StringComparison.Ordinal))];
        }

        foreach (var stream in streams)
        {
            stream.End(error);
        }

        return streams.Length;
    }

    /// <summary>Completes when no single call is under way.</summary>
    public Task WhenIdleAsync()
    {
        lock (_lock)
        {
            if (_singleCalls == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    private void Remove(OpenStream stream)
    {
        lock (_lock)
        {
            _streams.Remove(stream);
        }
    }

    private void RemoveSingleCall()
    {
        lock (_lock)
        {
            if (--_singleCalls == 0)
            {
                _idle?.SetResult();
                _idle = null;
            }
        }
    }

    private sealed class OpenStream(OpenCalls owner, string method, Action<RpcError?> end) : IDisposable
    {
        public string Method => method;

        public void End(RpcError? error) => end(error);

        public void Dispose() => owner.Remove(this);
    }

    private sealed class SingleCall(OpenCalls owner) : IDisposable
    {
        public void Dispose() => owner.RemoveSingleCall();
    }
}
