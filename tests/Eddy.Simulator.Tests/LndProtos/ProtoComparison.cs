using Google.Protobuf.Reflection;

namespace Eddy.Simulator.Tests.LndProtos;

/// <summary>Holds our compiled protos against another declaration of the same API: everything of ours must be there in the same form.</summary>
internal static class ProtoComparison
{
    /// <returns>One line for each difference.</returns>
    /// <param name="ours">What the generated code says of itself.</param>
    /// <param name="theirs">What to compare with.</param>
    /// <param name="known">Fields that only some LND versions have: <c>package.Message.field = number</c>.</param>
    public static List<string> Differences(IEnumerable<FileDescriptor> ours, ProtoSchema theirs, IReadOnlySet<string> known)
    {
        var differences = new List<string>();
        foreach (var file in ours)
        {
            foreach (var message in file.MessageTypes)
            {
                CompareMessage(message, theirs, known, differences);
            }

            foreach (var type in file.EnumTypes)
            {
                CompareEnum(type, theirs, differences);
            }

            foreach (var method in file.Services.SelectMany(service => service.Methods))
            {
                CompareMethod(method, theirs, differences);
            }
        }

        return differences;
    }

    private static void CompareMessage(MessageDescriptor ours, ProtoSchema theirs, IReadOnlySet<string> known, List<string> differences)
    {
        if (!theirs.Messages.TryGetValue(ours.FullName, out var message))
        {
            differences.Add($"message {ours.FullName} is not there");
            return;
        }

        foreach (var field in ours.Fields.InDeclarationOrder())
        {
            var name = $"{ours.FullName}.{field.Name}";
            if (!message.Fields.TryGetValue(field.Name, out var other))
            {
                if (!known.Contains($"{name} = {field.FieldNumber}"))
                {
                    differences.Add($"field {name} = {field.FieldNumber} is not there");
                }

                continue;
            }

            Check(differences, $"number of {name}", field.FieldNumber, other.Number);
            Check(differences, $"type of {name}", TypeOf(field), ResolveType(theirs, ours.FullName, other.Type));
            Check(differences, $"label of {name}", LabelOf(field), other.Label);
            Check(differences, $"oneof of {name}", field.RealContainingOneof?.Name ?? "", other.OneOf);
        }

        foreach (var nested in ours.NestedTypes.Where(nested => nested.GetOptions()?.MapEntry != true))
        {
            CompareMessage(nested, theirs, known, differences);
        }

        foreach (var nested in ours.EnumTypes)
        {
            CompareEnum(nested, theirs, differences);
        }
    }

    private static void CompareEnum(EnumDescriptor ours, ProtoSchema theirs, List<string> differences)
    {
        if (!theirs.Enums.TryGetValue(ours.FullName, out var values))
        {
            differences.Add($"enum {ours.FullName} is not there");
            return;
        }

        foreach (var value in ours.Values)
        {
            Check<int?>(differences, $"value {ours.FullName}.{value.Name}", value.Number, values.TryGetValue(value.Name, out var number) ? number : null);
        }
    }

    private static void CompareMethod(MethodDescriptor ours, ProtoSchema theirs, List<string> differences)
    {
        var name = $"{ours.Service.FullName}/{ours.Name}";
        if (!theirs.Methods.TryGetValue(name, out var method))
        {
            differences.Add($"method {name} is not there");
            return;
        }

        var scope = ours.Service.FullName[..ours.Service.FullName.LastIndexOf('.')];
        Check(differences, $"request of {name}", ours.InputType.FullName, theirs.Resolve(scope, method.Request));
        Check(differences, $"response of {name}", ours.OutputType.FullName, theirs.Resolve(scope, method.Response));
        Check(differences, $"client streaming of {name}", ours.IsClientStreaming, method.ClientStreams);
        Check(differences, $"server streaming of {name}", ours.IsServerStreaming, method.ServerStreams);
    }

    private static string LabelOf(FieldDescriptor field) =>
        field.IsMap ? ""
        : field.IsRepeated ? "repeated"
        : field is { HasPresence: true, FieldType: not FieldType.Message } && field.RealContainingOneof is null ? "optional"
        : "";

    private static string TypeOf(FieldDescriptor field) =>
        field.IsMap
            ? $"map<{TypeOf(field.MessageType.FindFieldByNumber(1))},{TypeOf(field.MessageType.FindFieldByNumber(2))}>"
            : field.FieldType switch
            {
                FieldType.Message => field.MessageType.FullName,
                FieldType.Enum => field.EnumType.FullName,
                var scalar => scalar.ToString().ToLowerInvariant(),
            };

    private static string ResolveType(ProtoSchema schema, string scope, string type)
    {
        if (!type.StartsWith("map<", StringComparison.Ordinal))
        {
            return schema.Resolve(scope, type);
        }

        var parts = type["map<".Length..^1].Split(',');
        return $"map<{parts[0]},{schema.Resolve(scope, parts[1])}>";
    }

    private static void Check<T>(List<string> differences, string what, T ours, T theirs)
    {
        if (!EqualityComparer<T>.Default.Equals(ours, theirs))
        {
            differences.Add($"{what}: {ours} here, {theirs} there");
        }
    }
}
