using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;

namespace Eddy.Simulator.Grpc;

/// <summary>Something a macaroon allows: <c>offchain:read</c>, or <c>uri:/lnrpc.Lightning/GetInfo</c>.</summary>
public readonly record struct MacaroonOp(string Entity, string Action)
{
    /// <summary>The entity whose actions are full method paths.</summary>
    public const string UriEntity = "uri";

    public override string ToString() => $"{Entity}:{Action}";
}

/// <summary>
/// The identifier inside LND's macaroons: a version byte 3, then a protobuf message of nonce (field 1), root key id as decimal text (2)
/// and the allowed operations by entity (3, with entity 1 and actions 2).
/// </summary>
public sealed record MacaroonId(ImmutableArray<byte> Nonce, string RootKeyId, ImmutableArray<MacaroonOp> Ops)
{
    public const int NonceSize = 16;

    private const byte Version = 3;
    private const uint NonceTag = (1 << 3) | (uint)WireFormat.WireType.LengthDelimited;
    private const uint RootKeyTag = (2 << 3) | (uint)WireFormat.WireType.LengthDelimited;
    private const uint OpsTag = (3 << 3) | (uint)WireFormat.WireType.LengthDelimited;
    private const uint EntityTag = NonceTag;
    private const uint ActionTag = RootKeyTag;

    public static MacaroonId? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != Version)
        {
            return null;
        }

        try
        {
            return Parse(new CodedInputStream(bytes[1..].ToArray()));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        stream.WriteByte(Version);
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(NonceTag);
            output.WriteBytes(ByteString.CopyFrom(Nonce.AsSpan()));
            output.WriteTag(RootKeyTag);
            output.WriteBytes(ByteString.CopyFromUtf8(RootKeyId));

            // One entry for an entity, entities and actions in order, each once: what LND writes.
            foreach (var entity in Ops.Distinct().GroupBy(op => op.Entity).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                output.WriteTag(OpsTag);
                output.WriteBytes(WriteEntity(entity.Key, entity.Select(op => op.Action).Order(StringComparer.Ordinal)));
            }
        }

        return stream.ToArray();
    }

    private static ByteString WriteEntity(string entity, IEnumerable<string> actions)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(EntityTag);
            output.WriteString(entity);
            foreach (var action in actions)
            {
                output.WriteTag(ActionTag);
                output.WriteString(action);
            }
        }

        return ByteString.CopyFrom(stream.ToArray());
    }

    private static MacaroonId Parse(CodedInputStream input)
    {
        ImmutableArray<byte> nonce = [];
        var rootKeyId = "";
        var ops = ImmutableArray.CreateBuilder<MacaroonOp>();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case NonceTag:
                    nonce = [.. input.ReadBytes().Span];
                    break;
                case RootKeyTag:
                    rootKeyId = Encoding.UTF8.GetString(input.ReadBytes().Span);
                    break;
                case OpsTag:
                    ReadEntity(new CodedInputStream(input.ReadBytes().ToByteArray()), ops);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return new(nonce, rootKeyId, ops.ToImmutable());
    }

    private static void ReadEntity(CodedInputStream input, ImmutableArray<MacaroonOp>.Builder ops)
    {
        var entity = "";
        var actions = new List<string>();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case EntityTag:
                    entity = input.ReadString();
                    break;
                case ActionTag:
                    actions.Add(input.ReadString());
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        ops.AddRange(actions.Select(action => new MacaroonOp(entity, action)));
    }
}
