using Eddy.Engine.Ports;
using Eddy.Protos.Wire;
using Google.Protobuf;

namespace Eddy.Engine.Wire;

/// <summary>What an envelope carries, without parsing it.</summary>
internal static class WireKind
{
    /// <summary>An envelope of ours has its version and its body; a stranger's need not be looked at for longer.</summary>
    private const int MostFields = 8;

    /// <summary>Takes any bytes and never throws.</summary>
    public static MessageKind Of(ReadOnlySpan<byte> payload)
    {
        var rest = payload;
        for (var field = 0; field < MostFields && TryReadVarint(ref rest, out var tag); field++)
        {
            if (KindOf((int)Math.Min(tag >> 3, int.MaxValue)) is var kind && kind != MessageKind.Unknown)
            {
                return kind;
            }

            if ((WireFormat.WireType)(tag & 7) != WireFormat.WireType.Varint || !TryReadVarint(ref rest, out _))
            {
                break;
            }
        }

        return MessageKind.Unknown;
    }

    private static MessageKind KindOf(int field) => field switch
    {
        Envelope.HelloFieldNumber => MessageKind.Hello,
        Envelope.AdvertsFieldNumber => MessageKind.Adverts,
        Envelope.OffersFieldNumber => MessageKind.Offers,
        Envelope.RequestFieldNumber => MessageKind.Request,
        Envelope.ProposalFieldNumber => MessageKind.Proposal,
        Envelope.RejectFieldNumber => MessageKind.Reject,
        Envelope.DoneFieldNumber => MessageKind.Done,
        _ => MessageKind.Unknown,
    };

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var index = 0; index < Math.Min(bytes.Length, 10); index++)
        {
            value |= unchecked((ulong)(bytes[index] & 0x7f) << (7 * index));
            if (bytes[index] < 0x80)
            {
                bytes = bytes[(index + 1)..];
                return true;
            }
        }

        return false;
    }
}
