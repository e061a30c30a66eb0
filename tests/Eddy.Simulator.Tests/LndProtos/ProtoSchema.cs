using System.Collections.Immutable;

namespace Eddy.Simulator.Tests.LndProtos;

/// <summary>What a set of .proto files declares, by full name.</summary>
internal sealed record ProtoSchema(
    ImmutableSortedDictionary<string, ProtoMessage> Messages,
    ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, int>> Enums,
    ImmutableSortedDictionary<string, ProtoMethod> Methods)
{
    public static ProtoSchema Empty { get; } = new(
        ImmutableSortedDictionary<string, ProtoMessage>.Empty,
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, int>>.Empty,
        ImmutableSortedDictionary<string, ProtoMethod>.Empty);

    public ProtoSchema Merge(ProtoSchema other) =>
        new(Messages.AddRange(other.Messages), Enums.AddRange(other.Enums), Methods.AddRange(other.Methods));

    /// <summary>Looks a type name up as protoc does: from the innermost scope outward.</summary>
    public string Resolve(string scope, string name)
    {
        if (name.StartsWith('.'))
        {
            return name[1..];
        }

        for (var prefix = scope; ; prefix = prefix[..prefix.LastIndexOf('.')])
        {
            var candidate = $"{prefix}.{name}";
            if (Messages.ContainsKey(candidate) || Enums.ContainsKey(candidate))
            {
                return candidate;
            }

            if (!prefix.Contains('.', StringComparison.Ordinal))
            {
                return name;
            }
        }
    }
}

internal sealed record ProtoMessage(ImmutableSortedDictionary<string, ProtoField> Fields);

/// <param name="Type">As written, e.g. <c>uint64</c>, <c>Channel</c>, <c>map&lt;uint64,bytes&gt;</c>.</param>
/// <param name="Label">Empty, <c>repeated</c> or <c>optional</c>.</param>
internal sealed record ProtoField(int Number, string Type, string Label, string OneOf);

internal sealed record ProtoMethod(string Request, string Response, bool ClientStreams, bool ServerStreams);
