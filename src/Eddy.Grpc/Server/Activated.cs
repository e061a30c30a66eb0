namespace Grpc.AspNetCore.Server;

/// <summary>An instance for one call, disposed after it where it was made for it.</summary>
internal readonly record struct Activated<T>(T Instance, bool IsOwned)
    where T : class
{
    internal async ValueTask ReleaseAsync()
    {
        if (!IsOwned)
        {
            return;
        }

        if (Instance is IAsyncDisposable asyncDisposable)
        {
            await asyncDisposable.DisposeAsync();
        }
        else
        {
            (Instance as IDisposable)?.Dispose();
        }
    }
}
