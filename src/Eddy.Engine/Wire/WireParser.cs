using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Eddy.Engine.Wire;

/// <summary>Calls the protobuf library on bytes that somebody else wrote.</summary>
internal static class WireParser
{
    /// <summary>
    /// Null for whatever the library cannot read, and why. Google.Protobuf 3.25.1 takes the length of an inner message for granted: one near 2^31
    /// overflows its limit, and from then on it runs out of its buffer with exceptions of any kind, or makes an array as long as the next length
    /// says, two gigabytes for twenty bytes. So the lengths are looked at first, and nothing that it throws all the same gets any further than here.
    /// </summary>
    public static T? TryParse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, out Exception? fault)
        where T : class, IMessage<T>, new()
    {
        if (!WireScan.IsSound(bytes, Shape<T>.Descriptor))
        {
            fault = new InvalidDataException("These are no fields, one in another.");
            return null;
        }

        fault = null;
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            fault = exception;
            return null;
        }
    }

    private static class Shape<T>
        where T : IMessage<T>, new()
    {
        public static readonly MessageDescriptor Descriptor = new T().Descriptor;
    }
}
