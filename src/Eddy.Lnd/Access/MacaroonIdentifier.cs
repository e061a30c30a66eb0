using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;

namespace Eddy.Lnd.Access;

/// <summary>What a macaroon of LND says of itself: which operations it was baked for.</summary>
internal static class MacaroonIdentifier
{
    private const int LocationField = 1;
    private const int IdentifierField = 2;
    private const byte IdentifierVersion = 3;
    private const uint OperationsTag = (3 << 3) | 2;
    private const uint EntityTag = (1 << 3) | 2;
    private const uint ActionsTag = (2 << 3) | 2;

    /// <summary>
    /// The operations as entity and action, or null where the macaroon is of a form we do not know. Layout: binary macaroon version 2
    /// (version byte, then fields of number, length, bytes), whose identifier is a version byte and a protobuf message
    /// {1 nonce, 2 storage id, 3 operations {1 entity, 2 actions}}. Caveats can only narrow what it grants.
    /// </summary>
    public static ImmutableHashSet<(string Entity, string Action)>? ReadOperations(ReadOnlySpan<byte> macaroon)
    {
        try
        {
            return FindIdentifier(macaroon) is { } identifier ? ReadOperations(identifier) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static byte[]? FindIdentifier(ReadOnlySpan<byte> macaroon)
    {
        if (macaroon.Length < 2)
        {
            return null;
        }

        using var input = new CodedInputStream(macaroon[1..].ToArray());
        while (!input.IsAtEnd)
        {
            var field = input.ReadUInt32();
            if (field is not (LocationField or IdentifierField))
            {
                return null;
            }

            var value = input.ReadBytes().ToByteArray();
            if (field == IdentifierField)
            {
                return value;
            }
        }

        return null;
    }

    private static ImmutableHashSet<(string Entity, string Action)>? ReadOperations(byte[] identifier)
    {
        if (identifier.Length == 0 || identifier[0] != IdentifierVersion)
        {
            return null;
        }

        var operations = ImmutableHashSet.CreateBuilder<(string, string)>();
        using var input = new CodedInputStream(identifier[1..]);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == OperationsTag)
            {
                ReadOperation(input.ReadBytes().ToByteArray(), operations);
            }
            else
            {
                input.SkipLastField();
            }
        }

        return operations.ToImmutable();
    }

    private static void ReadOperation(byte[] operation, ImmutableHashSet<(string Entity, string Action)>.Builder operations)
    {
        var entity = "";
        var actions = new List<string>();
        using var input = new CodedInputStream(operation);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case EntityTag:
                    entity = Encoding.UTF8.GetString(input.ReadBytes().Span);
                    break;
                case ActionsTag:
                    actions.Add(Encoding.UTF8.GetString(input.ReadBytes().Span));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        operations.UnionWith(actions.Select(action => (entity, action)));
    }
}
