using System.Text.Json;
using System.Text.Json.Nodes;

namespace Eddy.Tests.Api;

/// <summary>Holds JSON against the part of JSON Schema that the API's document uses; a word that it does not know is a fault, too.</summary>
internal sealed class JsonShape(JsonObject document)
{
    private static readonly HashSet<string> Known =
        ["type", "properties", "required", "items", "$ref", "anyOf", "enum", "const", "format", "description", "pattern", "minimum", "maximum", "additionalProperties", "default"];

    /// <summary>What is wrong, by the path to it; empty where all is well. A member that the schema does not name is wrong as well.</summary>
    public IEnumerable<string> Faults(JsonNode schema, JsonNode? value, string path = "$")
    {
        if (schema is not JsonObject { } rules)
        {
            return [];
        }

        if (rules["$ref"]?.GetValue<string>() is { } reference)
        {
            var target = reference.TrimStart('#', '/').Split('/').Aggregate((JsonNode)document, static (node, step) => node[step] ?? throw new InvalidOperationException(step));
            return Faults(target, value, path);
        }

        if (rules["anyOf"] is JsonArray choices)
        {
            var each = choices.Select(choice => Faults(choice!, value, path).ToArray()).ToArray();
            return each.Any(static faults => faults.Length == 0) ? [] : each.MinBy(static faults => faults.Length)!;
        }

        var unknown = rules.Select(static rule => rule.Key).Where(rule => !Known.Contains(rule)).Select(rule => $"{path}: the document uses '{rule}'");
        return unknown.Concat(FaultsOfType(rules, value, path)).Concat(value switch
        {
            JsonObject members => FaultsOfMembers(rules, members, path),
            JsonArray items when rules["items"] is { } item => items.SelectMany((entry, i) => Faults(item, entry, $"{path}[{i}]")),
            _ => [],
        });
    }

    private static IEnumerable<string> FaultsOfType(JsonObject rules, JsonNode? value, string path)
    {
        string[] types = rules["type"] switch
        {
            JsonArray several => [.. several.Select(static type => type!.GetValue<string>())],
            { } one => [one.GetValue<string>()],
            null => [],
        };
        var actual = value?.GetValueKind() switch
        {
            null => "null",
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            _ => value!.ToJsonString().Contains('.', StringComparison.Ordinal) ? "number" : "integer",
        };
        if (types.Length > 0 && !types.Contains(actual) && !(actual == "integer" && types.Contains("number")))
        {
            yield return $"{path}: {actual} instead of {string.Join(" or ", types)}";
        }

        if (actual == "string" && rules["format"]?.GetValue<string>() == "date-time" && !DateTimeOffset.TryParse(value!.GetValue<string>(), null, out _))
        {
            yield return $"{path}: no time";
        }
    }

    private IEnumerable<string> FaultsOfMembers(JsonObject rules, JsonObject members, string path)
    {
        if (rules["properties"] is not JsonObject properties)
        {
            return [];
        }

        var missing = (rules["required"] as JsonArray ?? []).Select(static name => name!.GetValue<string>()).Where(name => !members.ContainsKey(name)).Select(name => $"{path}.{name} is missing");
        var unsaid = members.Where(member => !properties.ContainsKey(member.Key)).Select(member => $"{path}.{member.Key} is not in the document");
        return missing.Concat(unsaid).Concat(members.Where(member => properties.ContainsKey(member.Key)).SelectMany(member => Faults(properties[member.Key]!, member.Value, $"{path}.{member.Key}")));
    }
}
