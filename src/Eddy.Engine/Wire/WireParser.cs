using Google.Protobuf;

namespace Eddy.Engine.Wire;

/// <summary>Calls the protobuf library on bytes that somebody else wrote.</summary>
internal static class WireParser
{
    /// <summary>
    /// Null for whatever the library cannot read, and why. Google.Protobuf 3.25.1 throws more than it says: the length of an inner message near
    /// 2^31 overflows its limit, and it runs out of its buffer with an IndexOutOfRangeException. Nothing that a parser makes of bytes may get
    /// any further than here.
    /// </summary>
    public static T? TryParse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, out Exception? fault)
        where T : class, IMessage<T>
    {
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
}
