using System.Collections;
using System.Collections.Immutable;
using Eddy.Lightning;

namespace Eddy.Configuration;

/// <summary>A configuration, or every mistake that stands in its way.</summary>
internal sealed record ConfigResult(EddyConfig? Config, ImmutableArray<ConfigMistake> Mistakes);

/// <summary>
/// Puts the configuration together: defaults, the file, the environment, flags; later wins. Every occurrence of every value is checked,
/// also the ones that are overruled.
/// </summary>
internal sealed class ConfigLoader
{
    public const string VariablePrefix = "EDDY_";

    private const int LongestFile = 1024 * 1024;

    private readonly List<ConfigMistake> _mistakes = [];
    private readonly Dictionary<ConfigKey, ConfigValue> _values = [];
    private readonly Dictionary<(string Section, string Argument, string Key), ConfigValue> _links = [];
    private readonly SortedDictionary<ShortChannelId, LinkConfig> _channels = [];
    private readonly SortedDictionary<NodeId, LinkConfig> _peers = [];

    private ConfigLoader()
    {
    }

    public static string DefaultFile => ConfigReaders.ExpandPath("~/.eddy/eddy.conf", "/");

    /// <param name="file">What <c>--config</c> says; null for <see cref="DefaultFile"/>, which need not exist.</param>
    /// <param name="environment">All variables; those that begin with EDDY_ and hold <c>__</c> are eddy's.</param>
    /// <param name="flags">Flags by key.</param>
    /// <param name="readsFile">False for what would hold without any file.</param>
    public static ConfigResult Load(string? file, IDictionary environment, IReadOnlyDictionary<ConfigKey, string> flags, bool readsFile = true)
    {
        var loader = new ConfigLoader();
        var directory = Environment.CurrentDirectory;
        foreach (var key in ConfigKeys.All)
        {
            loader.Set(key, new(key.Default, new ConfigOrigin.Default(), directory));
        }

        var path = file is null ? DefaultFile : ConfigReaders.ExpandPath(file, directory);
        var isRead = readsFile && loader.ReadFile(path, isRequired: file is not null);
        loader.ReadEnvironment(environment, directory);
        foreach (var (key, value) in flags.OrderBy(flag => ConfigKeys.All.IndexOf(flag.Key)))
        {
            loader.Set(key, new(value, new ConfigOrigin.Flag(key.Flag), directory));
        }

        loader.DerivePaths();
        loader.CheckTogether();
        var mistakes = loader._mistakes.ToImmutableArray();
        return new(mistakes.IsEmpty ? loader.Build(isRead ? path : null) : null, mistakes);
    }

    private EddyConfig Build(string? file) => new(
        file,
        _values.ToImmutableDictionary(),
        _channels.ToImmutableSortedDictionary(),
        _peers.ToImmutableSortedDictionary(),
        [.. _links.Values]);

    private void Set(ConfigKey key, ConfigText text)
    {
        var isUnset = key.MayBeUnset && text.Value.Length == 0;
        _values[key] = new(key, text.Value, isUnset ? null : Read(key, text), text.Origin);
    }

    /// <summary>Reads one value; names the key in each mistake that is about the value itself.</summary>
    private object? Read(ConfigKey key, ConfigText text)
    {
        var found = new List<ConfigMistake>();
        var value = key.Read(text, found);
        _mistakes.AddRange(found.Select(mistake => mistake.Origin is ConfigOrigin.File && mistake.Origin == text.Origin
            ? mistake with { Text = $"{key.Name}: {mistake.Text}" }
            : mistake));
        return value;
    }

    private bool ReadFile(string path, bool isRequired)
    {
        string text;
        try
        {
            if (BoundedText.Read(path, LongestFile) is not { } read)
            {
                _mistakes.Add(new(new ConfigOrigin.File(path, 0), "this is more than 1 MiB, and so no configuration"));
                return true;
            }

            text = read;
        }
        catch (Exception e) when (!isRequired && e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = e is StreamOnlyException ? e.Message
                : Directory.Exists(path) ? "is a directory"
                : e is FileNotFoundException or DirectoryNotFoundException ? "does not exist"
                : "cannot be read by this user";
            _mistakes.Add(new(new ConfigOrigin.File(path, 0), $"the configuration file {why}"));
            return false;
        }

        if (text.Contains('\0', StringComparison.Ordinal) || text.Contains('\uFFFD', StringComparison.Ordinal))
        {
            _mistakes.Add(new(new ConfigOrigin.File(path, 0), "this is not a text file in UTF-8, and so no configuration"));
            return true;
        }

        var ini = IniFile.Parse(path, text);
        _mistakes.AddRange(ini.Mistakes);
        var seen = new Dictionary<(string, string, string), int>();
        foreach (var entry in ini.Entries)
        {
            var origin = new ConfigOrigin.File(path, entry.Line);
            if (!seen.TryAdd((entry.Section, entry.Argument, entry.Key), entry.Line))
            {
                _mistakes.Add(new(origin, $"{entry.Key} is set twice; first in line {seen[(entry.Section, entry.Argument, entry.Key)]}"));
                continue;
            }

            ReadEntry(entry, new(entry.Value, origin, Path.GetDirectoryName(path) ?? "/"));
        }

        // The parser's mistakes and ours in the order of the lines; those in lists of their own come last.
        var ordered = _mistakes.OrderBy(mistake => mistake.Origin is ConfigOrigin.File at && at.Path == path ? at.Line : int.MaxValue).ToArray();
        _mistakes.Clear();
        _mistakes.AddRange(ordered);
        return true;
    }

    private void ReadEntry(IniEntry entry, ConfigText text)
    {
        if (entry.Section is ConfigKeys.ChannelSection or ConfigKeys.PeerSection)
        {
            ReadLink(entry, text);
        }
        else if (entry.Section.Length == 0)
        {
            _mistakes.Add(new(text.Origin, $"{entry.Key} stands before any section{BelongsIn(entry.Key)}"));
        }
        else if (entry.Argument.Length > 0)
        {
            _mistakes.Add(new(text.Origin, $"unknown section [{entry.Section} {entry.Argument}]; did you mean [{NearestSection(entry.Section)}]?"));
        }
        else if (FindKey(entry.Section, entry.Key, text.Origin) is { } key)
        {
            Set(key, text);
        }
    }

    private ConfigKey? FindKey(string section, string name, ConfigOrigin origin)
    {
        if (ConfigKeys.All.FirstOrDefault(key => key.Section == section && key.Name == name) is { } known)
        {
            return known;
        }

        var inSection = ConfigKeys.All.Where(key => key.Section == section).Select(key => key.Name).ToArray();
        if (inSection.Length == 0)
        {
            _mistakes.Add(new(origin, $"unknown section [{section}]; did you mean [{NearestSection(section)}]?"));
        }
        else
        {
            var elsewhere = BelongsIn(name);
            var hint = elsewhere.Length > 0 ? elsewhere : $"; did you mean '{NearestName.Of(name, inSection)}'?";
            _mistakes.Add(new(origin, $"unknown key {Quoted.From(name)} in [{section}]{hint}"));
        }

        return null;
    }

    private static string BelongsIn(string name) =>
        ConfigKeys.All.FirstOrDefault(key => key.Name == name) is { } key ? $"; it belongs in [{key.Section}]" : "";

    private static string NearestSection(string section) => NearestName.Of(
        section, ConfigKeys.All.Select(key => key.Section).Append(ConfigKeys.ChannelSection).Append(ConfigKeys.PeerSection).Distinct())!;

    private void ReadLink(IniEntry entry, ConfigText text)
    {
        var isChannel = entry.Section == ConfigKeys.ChannelSection;
        var known = isChannel ? ConfigKeys.PerChannel : ConfigKeys.PerPeer;
        var scid = default(ShortChannelId);
        var peer = default(NodeId);
        if (isChannel ? !ShortChannelId.TryParse(entry.Argument, out scid) : !NodeId.TryParse(entry.Argument, out peer))
        {
            var wanted = isChannel ? "a short channel id, like [channel 870127x1237x1]" : "a public key, like [peer 02...]";
            _mistakes.Add(new(text.Origin, $"[{entry.Section} {entry.Argument}] does not name {wanted}"));
            return;
        }

        if (known.FirstOrDefault(candidate => candidate.Name == entry.Key) is not { } key)
        {
            var nearest = NearestName.Of(entry.Key, known.Select(candidate => candidate.Name));
            _mistakes.Add(new(text.Origin, $"unknown key {Quoted.From(entry.Key)} in [{entry.Section} {entry.Argument}]; did you mean '{nearest}'?"));
            return;
        }

        var value = Read(key, text);
        var argument = isChannel ? scid.ToString() : peer.ToString();
        var shown = key with { Section = $"{entry.Section} {argument}" };
        _links[(entry.Section, argument, entry.Key)] = new(shown, text.Value, value, text.Origin);
        if (isChannel)
        {
            _channels[scid] = With(_channels.GetValueOrDefault(scid), key.Name, value);
        }
        else
        {
            _peers[peer] = With(_peers.GetValueOrDefault(peer), key.Name, value);
        }
    }

    private static LinkConfig With(LinkConfig? link, string name, object? value)
    {
        link ??= new(null, null, null);
        return name switch
        {
            "target" => link with { Target = value as double? },
            "deadband" => link with { Deadband = value as double? },
            _ => link with { IsExcluded = value as bool? },
        };
    }

    private void ReadEnvironment(IDictionary environment, string directory)
    {
        foreach (var name in environment.Keys.Cast<string>().Order(StringComparer.Ordinal))
        {
            // EDDY_X without "__" may be anybody's; with it, it can only be meant for us.
            if (!name.StartsWith(VariablePrefix, StringComparison.OrdinalIgnoreCase) || !name.Contains("__", StringComparison.Ordinal))
            {
                continue;
            }

            var origin = new ConfigOrigin.Variable(name);
            if (ConfigKeys.All.FirstOrDefault(key => key.Variable.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } known)
            {
                Set(known, new((environment[name] as string ?? "").Trim(), origin, directory));
            }
            else
            {
                _mistakes.Add(new(origin, $"unknown setting; did you mean {NearestName.Of(name, ConfigKeys.All.Select(key => key.Variable))}?"));
            }
        }
    }

    /// <summary>Paths that follow from <c>lnddir</c> and <c>network</c> where those are set and the paths are not.</summary>
    private void DerivePaths()
    {
        var directory = _values[ConfigKeys.LndDirectory];
        var network = _values[ConfigKeys.Network];
        if (directory.Value is not string lnddir || (directory.Origin is ConfigOrigin.Default && network.Value is null))
        {
            return;
        }

        if (directory.Origin is not ConfigOrigin.Default)
        {
            Derive(ConfigKeys.Certificate, Path.Combine(lnddir, "tls.cert"), "lnd.lnddir");
        }

        var macaroons = Path.Combine(lnddir, "data", "chain", "bitcoin", network.Value as string ?? "mainnet");
        var own = Path.Combine(macaroons, "eddy.macaroon");
        Derive(ConfigKeys.Macaroon, File.Exists(own) ? own : Path.Combine(macaroons, "admin.macaroon"), "lnd.lnddir and lnd.network");
    }

    private void Derive(ConfigKey key, string path, string from)
    {
        if (_values[key].Origin is ConfigOrigin.Default)
        {
            _values[key] = new(key, path, path, new ConfigOrigin.Derived(from));
        }
    }

    private void CheckTogether()
    {
        if (_values[ConfigKeys.MinAmount] is { Value: long least } && _values[ConfigKeys.MaxAmount] is { Value: long most } && least > most)
        {
            _mistakes.Add(new(
                LaterOf(ConfigKeys.MinAmount, ConfigKeys.MaxAmount), $"minamount ({least}) is more than maxamount ({most})"));
        }

        if (_values[ConfigKeys.Allow].Value is ImmutableSortedSet<NodeId> allow && _values[ConfigKeys.Deny].Value is ImmutableSortedSet<NodeId> deny)
        {
            foreach (var node in allow.Intersect(deny))
            {
                _mistakes.Add(new(LaterOf(ConfigKeys.Allow, ConfigKeys.Deny), $"{node} is both allowed and denied"));
            }
        }
    }

    private ConfigOrigin LaterOf(ConfigKey first, ConfigKey second) =>
        _values[second].Origin is ConfigOrigin.Default ? _values[first].Origin : _values[second].Origin;
}
