using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Eddy.Api;

/// <summary>
/// The OpenAPI 3.1 document, made from what is mapped and from the JSON types that are written: it cannot say anything else. A test holds
/// real answers against it.
/// </summary>
internal sealed class OpenApiDocument
{
    private static readonly ApiAnswer[] ForEverybody =
    [
        new(StatusCodes.Status403Forbidden, "The Host or Origin header names another place than this address.", static () => ApiJson.Default.ErrorReport),
    ];

    private static readonly ApiAnswer[] ForLoggedIn =
    [
        new(StatusCodes.Status401Unauthorized, "Neither the token nor a session.", static () => ApiJson.Default.ErrorReport),
        new(StatusCodes.Status503ServiceUnavailable, "The engine does not answer, or the daemon has stepped aside; the error says why.", static () => ApiJson.Default.ErrorReport),
    ];

    private readonly SortedDictionary<string, JsonNode?> _schemas = new(StringComparer.Ordinal);
    private readonly Queue<JsonTypeInfo> _named = new();
    private readonly HashSet<Type> _seen = [];

    private OpenApiDocument()
    {
    }

    /// <summary>Of all that are the API's; the dashboard's files are not.</summary>
    public static JsonObject Of(IEnumerable<ApiRoute> routes) =>
        new OpenApiDocument().Build([.. routes.Where(static route => !route.IsFile)]);

    private JsonObject Build(ImmutableArray<ApiRoute> routes)
    {
        var paths = new JsonObject();
        foreach (var group in routes.GroupBy(static route => route.Path))
        {
            paths[group.Key] = new JsonObject(group.Select(route => KeyValuePair.Create(route.Method.ToLowerInvariant(), (JsonNode?)Operation(route))));
        }

        while (_named.TryDequeue(out var type))
        {
            _schemas[type.Type.Name] = SchemaOf(type);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Eddy",
                ["version"] = BuildVersion.Number,
                ["description"] = "What the daemon knows and does. Amounts end in _sat or _msat, times are RFC 3339; reports may gain members, and lose none within /v1.",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "http://127.0.0.1:8735", ["description"] = "eddy.listen" }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(_schemas),
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["description"] = "The content of the file token in the data directory.",
                    },
                    ["sessionCookie"] = new JsonObject
                    {
                        ["type"] = "apiKey",
                        ["in"] = "cookie",
                        ["name"] = "eddy_8735",
                        ["description"] = "Set by POST /v1/session; its name ends in the port.",
                    },
                    ["sessionKey"] = new JsonObject
                    {
                        ["type"] = "apiKey",
                        ["in"] = "header",
                        ["name"] = ApiGuard.KeyHeader,
                        ["description"] = "The other half of a session. What changes something also needs the Origin of this very address.",
                    },
                },
            },
        };
    }

    private JsonObject Operation(ApiRoute route)
    {
        var operation = new JsonObject
        {
            ["operationId"] = OperationId(route),
            ["summary"] = route.Summary,
            ["security"] = new JsonArray([.. SchemesOf(route.Access)]),
        };
        var parameters = new JsonArray([.. PathParameters(route.Path), .. route.Query.Select(QueryParameter)]);
        if (parameters.Count > 0)
        {
            operation["parameters"] = parameters;
        }

        if (route.Takes is { } takes)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content(new(0, "", takes)) };
        }

        var responses = new JsonObject();
        foreach (var answers in route.Answers.Concat(ForEverybody).Concat(route.Access == ApiAccess.Anybody ? [] : ForLoggedIn).GroupBy(static answer => answer.Status).OrderBy(static group => group.Key))
        {
            responses[$"{answers.Key}"] = Response([.. answers]);
        }

        operation["responses"] = responses;
        return operation;
    }

    private static IEnumerable<JsonNode> SchemesOf(ApiAccess access) => access switch
    {
        ApiAccess.Anybody => [],
        ApiAccess.Token => [new JsonObject { ["token"] = new JsonArray() }],
        _ => [new JsonObject { ["token"] = new JsonArray() }, new JsonObject { ["sessionCookie"] = new JsonArray(), ["sessionKey"] = new JsonArray() }],
    };

    private JsonObject Response(ApiAnswer[] answers)
    {
        var response = new JsonObject { ["description"] = string.Join(" Or: ", answers.Select(static answer => answer.When)) };
        var contents = answers.Select(Content).OfType<JsonObject>().ToArray();
        if (contents is [var first, ..])
        {
            var schemas = contents.Select(static content => content.First().Value!["schema"]!.ToJsonString()).Distinct().Select(static schema => JsonNode.Parse(schema)).ToArray();
            first.First().Value!["schema"] = schemas is [var only] ? only : new JsonObject { ["anyOf"] = new JsonArray(schemas) };
            response["content"] = first;
        }

        return response;
    }

    private JsonObject? Content(ApiAnswer answer) =>
        answer.Type is { } type ? new JsonObject { [answer.MediaType ?? "application/json"] = new JsonObject { ["schema"] = Reference(type()) } }
        : answer.MediaType is { } media ? new JsonObject { [media] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } } }
        : null;

    private static string OperationId(ApiRoute route)
    {
        var words = route.Path.Split(['/', '.'], StringSplitOptions.RemoveEmptyEntries).Where(static word => word is not ("v1" or "json"));
        return string.Concat(words.Select(static word => word.Trim('{', '}')).Prepend(route.Method.ToLowerInvariant()).Select(static (word, i) => i == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
    }

    private static IEnumerable<JsonNode> PathParameters(string path) => path.Split('/').Where(static part => part.StartsWith('{')).Select(static part => new JsonObject
    {
        ["name"] = part.Trim('{', '}'),
        ["in"] = "path",
        ["required"] = true,
        ["schema"] = new JsonObject { ["type"] = "string" },
    });

    private static JsonObject QueryParameter(ApiParameter parameter) => new()
    {
        ["name"] = parameter.Name,
        ["in"] = "query",
        ["description"] = parameter.What,
        ["schema"] = new JsonObject { ["type"] = "integer", ["minimum"] = parameter.Least, ["maximum"] = parameter.Most },
    };

    private static bool IsReport(Type type) => type.Namespace?.StartsWith("Eddy", StringComparison.Ordinal) == true && !type.IsEnum;

    private JsonNode Reference(JsonTypeInfo type)
    {
        if (!IsReport(type.Type))
        {
            return SchemaOf(type);
        }

        if (_seen.Add(type.Type))
        {
            _named.Enqueue(type);
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{type.Type.Name}" };
    }

    private JsonNode SchemaOf(JsonTypeInfo type) => type.GetJsonSchemaAsNode(new JsonSchemaExporterOptions
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = (context, schema) => Transform(context, schema, type),
    });

    private JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema, JsonTypeInfo root)
    {
        if (schema is JsonObject { } properties && context.TypeInfo.Kind == JsonTypeInfoKind.Object && properties["properties"] is JsonObject all && root.Type.Name.EndsWith("Report", StringComparison.Ordinal))
        {
            // Whatever it is, it is written.
            properties["required"] = new JsonArray([.. all.Select(static property => (JsonNode)property.Key)]);
        }

        if (context.Path.IsEmpty || !IsReport(context.TypeInfo.Type) || context.TypeInfo.Kind != JsonTypeInfoKind.Object)
        {
            return schema;
        }

        var mayBeNull = schema is JsonObject { } node && node["type"] is JsonArray types && types.Any(static type => type?.GetValue<string>() == "null");
        var reference = Reference(context.TypeInfo);
        return mayBeNull ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) } : reference;
    }
}
