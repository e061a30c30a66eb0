using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Grpc.Core;

/// <summary>
/// Takes messages off a pipe. A message is held in the pipe's own segments until it is complete, and memory is taken as its
/// bytes arrive, never on the word of its prefix.
/// </summary>
internal sealed class MessageReader<T>(PipeReader pipe, Func<DeserializationContext, T> deserializer, int? maxPayloadLength)
    where T : class
{
    /// <summary>The next message, or null at the stream's regular end.</summary>
    /// <exception cref="RpcException">The bytes are not a message, or it is too long.</exception>
    internal async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        // The length is looked at again only when enough has come, so that a long message costs no more per byte than a short one.
        long needed = MessageFrame.PrefixLength;
        while (true)
        {
            if (!pipe.TryRead(out var read))
            {
                read = await pipe.ReadAsync(cancellationToken);
            }

            var consumed = read.Buffer.Start;
            var examined = read.Buffer.End;
            try
            {
                if (read.IsCanceled)
                {
                    throw new OperationCanceledException("The read was cancelled.");
                }

                if (read.Buffer.Length >= needed && needed == MessageFrame.PrefixLength)
                {
                    needed += ParsePrefix(read.Buffer);
                }

                if (read.Buffer.Length >= needed)
                {
                    var payload = read.Buffer.Slice(MessageFrame.PrefixLength, needed - MessageFrame.PrefixLength);
                    consumed = examined = payload.End;
                    return Deserialize(payload);
                }

                if (read.IsCompleted)
                {
                    consumed = examined;
                    return read.Buffer.IsEmpty
                        ? null
                        : throw new RpcException(new Status(StatusCode.Internal, "The stream ended inside a message."));
                }
            }
            finally
            {
                pipe.AdvanceTo(consumed, examined);
            }
        }
    }

    /// <summary>Gives the pipe's memory back; only for whoever reads, and only between reads.</summary>
    internal void Complete() => pipe.Complete();

    private uint ParsePrefix(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[MessageFrame.PrefixLength];
        buffer.Slice(0, MessageFrame.PrefixLength).CopyTo(prefix);
        if (prefix[0] != 0)
        {
            throw new RpcException(new Status(
                StatusCode.Internal, "Message is compressed although no compression was agreed on; only identity is supported."));
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return length <= (maxPayloadLength ?? int.MaxValue)
            ? length
            : throw new RpcException(new Status(
                StatusCode.ResourceExhausted,
                $"Received message is too long: {length} bytes, limit {maxPayloadLength ?? int.MaxValue}."));
    }

    private T Deserialize(ReadOnlySequence<byte> payload)
    {
        try
        {
            return deserializer(new MessageBytes(payload));
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw new RpcException(new Status(
                StatusCode.Internal, $"Received message is not a valid {typeof(T).Name}: {exception.Message}", exception));
        }
    }
}
