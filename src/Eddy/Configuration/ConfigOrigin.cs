namespace Eddy.Configuration;

/// <summary>Where a configured value came from.</summary>
internal abstract record ConfigOrigin
{
    private ConfigOrigin()
    {
    }

    internal sealed record Default : ConfigOrigin
    {
        public override string ToString() => "default";
    }

    /// <param name="Line">0 for the file as a whole.</param>
    internal sealed record File(string Path, int Line) : ConfigOrigin
    {
        public override string ToString() => Line > 0 ? $"{Path}:{Line}" : Path;
    }

    internal sealed record Variable(string Name) : ConfigOrigin
    {
        public override string ToString() => Name;
    }

    internal sealed record Flag(string Name) : ConfigOrigin
    {
        public override string ToString() => Name;
    }

    /// <summary>Follows from another key, like the certificate's path from <c>lnd.lnddir</c>.</summary>
    internal sealed record Derived(string From) : ConfigOrigin
    {
        public override string ToString() => $"from {From}";
    }
}

/// <summary>One mistake in the configuration, in one line that says what to do.</summary>
internal sealed record ConfigMistake(ConfigOrigin Origin, string Text)
{
    public override string ToString() => $"{Origin}: {Text}";
}
