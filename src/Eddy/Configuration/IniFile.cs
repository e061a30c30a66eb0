namespace Eddy.Configuration;

/// <summary>One <c>key=value</c> line. <paramref name="Argument"/> is what follows the section's name: the scid of <c>[channel 870127x1237x1]</c>.</summary>
internal sealed record IniEntry(string Section, string Argument, string Key, string Value, int Line);

/// <summary>
/// A configuration file in the manner of lnd.conf: sections, <c>key=value</c>, comments from <c>#</c> or <c>;</c> at the start of a line or
/// after white space, values in double quotes where they hold one. Reading goes on after a mistake, so that all are reported at once.
/// </summary>
internal sealed record IniFile(string Path, IReadOnlyList<IniEntry> Entries, IReadOnlyList<ConfigMistake> Mistakes)
{
    public static IniFile Parse(string path, string text)
    {
        var entries = new List<IniEntry>();
        var mistakes = new List<ConfigMistake>();
        // Null after a broken section line: what follows would only be reported as misplaced.
        var section = (string?)"";
        var argument = "";
        var number = 0;
        foreach (var raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] is '#' or ';')
            {
                continue;
            }

            if (line[0] == '[')
            {
                (section, argument) = Section(line, number);
            }
            else
            {
                Entry(line, number);
            }
        }

        return new(path, entries, mistakes);

        (string? Section, string Argument) Section(string line, int at)
        {
            var close = line.IndexOf(']', StringComparison.Ordinal);
            if (close < 0 || StripComment(line[(close + 1)..]).Length > 0)
            {
                mistakes.Add(At(at, close < 0 ? $"section {Quoted.From(line)} has no closing ']'" : $"nothing may follow the section in {Quoted.From(line)}"));
                return (null, "");
            }

            var words = line[1..close].Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length == 0)
            {
                mistakes.Add(At(at, "a section needs a name"));
                return (null, "");
            }

            return (words[0].ToLowerInvariant(), words.Length > 1 ? words[1] : "");
        }

        void Entry(string line, int at)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                mistakes.Add(At(at, $"{Quoted.From(line)} is neither key=value, [section] nor a comment"));
            }
            else if (!TryValue(line[(equals + 1)..].Trim(), out var value))
            {
                mistakes.Add(At(at, "the value's closing quote is missing or something follows it"));
            }
            else if (section is not null)
            {
                entries.Add(new(section, argument, line[..equals].Trim().ToLowerInvariant(), value, at));
            }
        }

        ConfigMistake At(int at, string what) => new(new ConfigOrigin.File(path, at), what);
    }

    /// <summary>Cuts a comment that begins the text or follows white space; a '#' inside a word belongs to it.</summary>
    internal static string StripComment(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '#' or ';' && (i == 0 || char.IsWhiteSpace(text[i - 1])))
            {
                return text[..i].Trim();
            }
        }

        return text.Trim();
    }

    private static bool TryValue(string text, out string value)
    {
        value = StripComment(text);
        if (!text.StartsWith('"'))
        {
            return true;
        }

        var close = text.IndexOf('"', 1);
        if (close < 0 || StripComment(text[(close + 1)..]).Length > 0)
        {
            return false;
        }

        value = text[1..close];
        return true;
    }
}
