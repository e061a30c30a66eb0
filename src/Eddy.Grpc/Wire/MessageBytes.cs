using System.Buffers;

namespace Grpc.Core;

/// <summary>The bytes of one received message, and the way from a message to a plain array.</summary>
internal sealed class MessageBytes(ReadOnlySequence<byte> payload) : DeserializationContext
{
    public override int PayloadLength => checked((int)payload.Length);

    public override byte[] PayloadAsNewBuffer() => payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => payload;

    internal static byte[] From<T>(T message, Action<T, SerializationContext> serializer)
    {
        var frame = new MessageFrame(maxPayloadLength: null);
        frame.Write(message, serializer);
        var bytes = frame.Payload.ToArray();
        frame.Release();
        return bytes;
    }
}
