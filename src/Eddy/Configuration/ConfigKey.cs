namespace Eddy.Configuration;

/// <summary>A value as it was written. Relative paths in it start at <paramref name="Directory"/>: the file's, or the current one.</summary>
internal sealed record ConfigText(string Value, ConfigOrigin Origin, string Directory);

/// <summary>Reads a value; null for what is wrong with it, which goes to <paramref name="mistakes"/>.</summary>
internal delegate object? ConfigReader(ConfigText text, List<ConfigMistake> mistakes);

/// <summary>One key that eddy knows.</summary>
/// <param name="Section">The section it stands in.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Default">What holds where nothing is set, as one would write it; empty for none.</param>
/// <param name="Help">What it is for, its unit, and what goes wrong at the extremes.</param>
/// <param name="Read">Reads and checks a value.</param>
internal sealed record ConfigKey(string Section, string Name, string Default, string Help, ConfigReader Read)
{
    /// <summary>An empty value means that it is not set.</summary>
    public bool MayBeUnset { get; init; }

    public string FullName => $"{Section}.{Name}";

    public string Flag => $"--{FullName}";

    public string Variable => $"{ConfigLoader.VariablePrefix}{Section.ToUpperInvariant()}__{Name.ToUpperInvariant()}";
}

/// <summary>The value that holds for a key, and where it came from. <paramref name="Value"/> is what the key's reader made of the text.</summary>
internal sealed record ConfigValue(ConfigKey Key, string Text, object? Value, ConfigOrigin Origin);
