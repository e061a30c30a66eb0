using System.Threading.Channels;

namespace Eddy.Api.Events;

/// <summary>What waits for one reader of the events: so much and no more. Who does not keep up is dropped, and may come back.</summary>
internal sealed class EventReader
{
    private const int MostWaiting = 256;
    private const long MostBytes = 8 << 20;

    private readonly Channel<ReadOnlyMemory<byte>> _waiting = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private long _bytes;

    /// <summary>It was too slow.</summary>
    public bool IsDropped { get; private set; }

    /// <summary>Has been told the whole picture once; changes mean something to it.</summary>
    public bool HasPicture { get; set; }

    /// <summary>False, and nothing more from now on, where too much is waiting already.</summary>
    public bool Offer(ReadOnlyMemory<byte> text)
    {
        if (Interlocked.Add(ref _bytes, text.Length) > MostBytes || !_waiting.Writer.TryWrite(text))
        {
            IsDropped = true;
            _waiting.Writer.TryComplete();
            return false;
        }

        return true;
    }

    public void End() => _waiting.Writer.TryComplete();

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            while (!IsDropped && _waiting.Reader.TryRead(out var text))
            {
                Interlocked.Add(ref _bytes, -text.Length);
                yield return text;
            }

            if (IsDropped)
            {
                yield break;
            }
        }
    }
}
