using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Eddy.Simulator.Tests.LndProtos;

/// <summary>Reads the part of the proto3 language that LND's files use.</summary>
internal sealed partial class ProtoParser
{
    private readonly List<string> _tokens;
    private readonly Dictionary<string, ProtoMessage> _messages = [];
    private readonly Dictionary<string, ImmutableSortedDictionary<string, int>> _enums = [];
    private readonly Dictionary<string, ProtoMethod> _methods = [];
    private int _position;

    private ProtoParser(string text) =>
        _tokens = [.. Token().Matches(text).Where(match => !match.Value.StartsWith('/')).Select(match => match.Value)];

    public static ProtoSchema Parse(string text) => new ProtoParser(text).File();

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|"[^"]*"|'[^']*'|[\w.]+|-?\d+|[^\s\w]""", RegexOptions.Singleline)]
    private static partial Regex Token();

    private ProtoSchema File()
    {
        var package = "";
        while (_position < _tokens.Count)
        {
            switch (Next())
            {
                case "package":
                    package = Next();
                    Expect(";");
                    break;
                case "message":
                    Message(package);
                    break;
                case "enum":
                    Enum(package);
                    break;
                case "service":
                    Service(package);
                    break;
                case "syntax" or "import" or "option":
                    SkipStatement();
                    break;
                case ";":
                    break;
                case var other:
                    throw new FormatException($"'{other}' is nothing this parser knows.");
            }
        }

        return new(
            _messages.ToImmutableSortedDictionary(StringComparer.Ordinal),
            _enums.ToImmutableSortedDictionary(StringComparer.Ordinal),
            _methods.ToImmutableSortedDictionary(StringComparer.Ordinal));
    }

    private void Message(string scope)
    {
        var name = $"{scope}.{Next()}";
        Expect("{");
        var fields = new Dictionary<string, ProtoField>();
        Members(name, fields, "");
        _messages.Add(name, new(fields.ToImmutableSortedDictionary(StringComparer.Ordinal)));
    }

    private void Members(string name, Dictionary<string, ProtoField> fields, string oneOf)
    {
        for (var token = Next(); token != "}"; token = Next())
        {
            switch (token)
            {
                case "message":
                    Message(name);
                    break;
                case "enum":
                    Enum(name);
                    break;
                case "option" or "reserved" or "extensions":
                    SkipStatement();
                    break;
                case "oneof":
                    var group = Next();
                    Expect("{");
                    Members(name, fields, group);
                    break;
                case ";":
                    break;
                default:
                    Field(token, fields, oneOf);
                    break;
            }
        }
    }

    private void Field(string first, Dictionary<string, ProtoField> fields, string oneOf)
    {
        var label = first is "repeated" or "optional" ? first : "";
        var type = label.Length == 0 ? first : Next();
        if (type == "map")
        {
            Expect("<");
            var key = Next();
            Expect(",");
            type = $"map<{key},{Next()}>";
            Expect(">");
        }

        var name = Next();
        Expect("=");
        var number = int.Parse(Next(), CultureInfo.InvariantCulture);
        SkipStatement();
        fields.Add(name, new(number, type, label, oneOf));
    }

    private void Enum(string scope)
    {
        var name = $"{scope}.{Next()}";
        Expect("{");
        var values = new Dictionary<string, int>();
        for (var token = Next(); token != "}"; token = Next())
        {
            if (token is "option" or "reserved")
            {
                SkipStatement();
                continue;
            }

            Expect("=");
            values.Add(token, int.Parse(Next(), CultureInfo.InvariantCulture));
            SkipStatement();
        }

        _enums.Add(name, values.ToImmutableSortedDictionary(StringComparer.Ordinal));
    }

    private void Service(string scope)
    {
        var name = $"{scope}.{Next()}";
        Expect("{");
        for (var token = Next(); token != "}"; token = Next())
        {
            if (token == "option")
            {
                SkipStatement();
                continue;
            }

            var method = Next();
            var (request, clientStreams) = Parameter();
            Expect("returns");
            var (response, serverStreams) = Parameter();
            if (Next() == "{")
            {
                SkipBlock();
            }

            _methods.Add($"{name}/{method}", new(request, response, clientStreams, serverStreams));
        }
    }

    private (string Type, bool Streams) Parameter()
    {
        Expect("(");
        var type = Next();
        var streams = type == "stream";
        if (streams)
        {
            type = Next();
        }

        Expect(")");
        return (type, streams);
    }

    private void SkipStatement()
    {
        while (Next() != ";")
        {
        }
    }

    private void SkipBlock()
    {
        while (Next() != "}")
        {
        }
    }

    private string Next() => _position < _tokens.Count ? _tokens[_position++] : throw new FormatException("The file ends too early.");

    private void Expect(string token)
    {
        var found = Next();
        if (found != token)
        {
            throw new FormatException($"Expected '{token}' and found '{found}'.");
        }
    }
}
