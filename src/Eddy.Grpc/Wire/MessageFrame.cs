using System.Buffers;
using System.Buffers.Binary;

namespace Grpc.Core;

/// <summary>
/// One message to send with its five-byte prefix: a flag for compression, never set, and the length.
/// Serialized completely before the first byte leaves, so that a message that cannot be sent breaks no stream;
/// used again for the next message of the same stream.
/// </summary>
internal sealed class MessageFrame(int? maxPayloadLength) : SerializationContext, IBufferWriter<byte>
{
    internal const int PrefixLength = 5;

    // A larger array is left to the garbage collector, so that one big message does not stay in the pool for ever.
    private const int LargestKept = 1024 * 1024;
    private const int SmallestBuffer = 256;

    private byte[] _buffer = [];
    private int _length;
    private bool _complete;

    internal ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    internal ReadOnlySpan<byte> Payload => _buffer.AsSpan(PrefixLength, _length - PrefixLength);

    /// <summary>Replaces the content by this message.</summary>
    /// <exception cref="RpcException">The message is longer than the limit, or does not serialize.</exception>
    internal void Write<T>(T message, Action<T, SerializationContext> serializer)
    {
        _length = PrefixLength;
        _complete = false;
        try
        {
            serializer(message, this);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw new RpcException(
                new Status(StatusCode.Internal, $"{typeof(T).Name} does not serialize: {exception.Message}", exception));
        }

        if (!_complete)
        {
            throw new InvalidOperationException("The serializer did not complete the message.");
        }

        ThrowIfTooLong(_length - PrefixLength);
        Reserve(0);
        _buffer[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(1), _length - PrefixLength);
    }

    public override void SetPayloadLength(int payloadLength)
    {
        ThrowIfTooLong(payloadLength);
        Reserve(payloadLength);
    }

    public override IBufferWriter<byte> GetBufferWriter() => this;

    public override void Complete() => _complete = true;

    public override void Complete(byte[] payload)
    {
        SetPayloadLength(payload.Length);
        payload.CopyTo(_buffer, PrefixLength);
        _length = PrefixLength + payload.Length;
        _complete = true;
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Gives an array back that was needed for a big message only.</summary>
    internal void Trim()
    {
        if (_buffer.Length > LargestKept)
        {
            Release();
        }
    }

    /// <summary>Leaves the array to whoever may still read it.</summary>
    internal void Abandon()
    {
        _buffer = [];
        _length = 0;
    }

    private void Reserve(int more)
    {
        var needed = _length + more;
        if (needed <= _buffer.Length)
        {
            return;
        }

        var size = Math.Max(needed, (int)Math.Min(Math.Max(SmallestBuffer, 2L * _length), Array.MaxLength));
        var larger = size > LargestKept ? GC.AllocateUninitializedArray<byte>(size) : ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, Math.Min(_length, _buffer.Length)).CopyTo(larger);
        var length = _length;
        Release();
        _buffer = larger;
        _length = length;
    }

    /// <summary>Gives the array back; nobody may read it any more.</summary>
    internal void Release()
    {
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length is > 0 and <= LargestKept)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void ThrowIfTooLong(int payloadLength)
    {
        if (payloadLength > maxPayloadLength)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted,
                $"Message to send is too long: {payloadLength} bytes, limit {maxPayloadLength}."));
        }
    }
}
