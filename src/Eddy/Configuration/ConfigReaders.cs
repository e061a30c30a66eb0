using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Eddy.Lightning;

namespace Eddy.Configuration;

/// <summary>Readers for the kinds of values there are. Each says what is wrong and what would be right.</summary>
internal static class ConfigReaders
{
    /// <summary>Of a list in a file of its own: more keys than the network has nodes.</summary>
    private const int LongestList = 4 * 1024 * 1024;

    private const long MaxSat = 21_000_000L * 100_000_000;

    /// <summary>A whole number of satoshis; <c>_</c> may part the digits.</summary>
    public static ConfigReader Satoshi(long least = 0) => (text, mistakes) =>
        TryWhole(text.Value, out var sat) && sat >= least && sat <= MaxSat
            ? sat
            : Wrong(text, mistakes, $"{Quoted.From(text.Value)} is not an amount: whole satoshis, {least:N0} to {MaxSat:N0}, like 50000");

    public static ConfigReader Count(int least, int most) => (text, mistakes) =>
        TryWhole(text.Value, out var count) && count >= least && count <= most
            ? (int)count
            : Wrong(text, mistakes, $"{Quoted.From(text.Value)} is not a whole number from {least} to {most}");

    /// <summary>A share of a channel's capacity.</summary>
    public static ConfigReader Share(double least, double most) => (text, mistakes) =>
        double.TryParse(text.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share >= least && share <= most
            ? share
            : Wrong(text, mistakes, FormattableString.Invariant($"{Quoted.From(text.Value)} is not a share of the capacity from {least} to {most}, like {(least + most) / 2}"));

    public static ConfigReader Duration(TimeSpan least, TimeSpan most) => (text, mistakes) =>
        TryDuration(text.Value, out var duration) && duration >= least && duration <= most
            ? duration
            : Wrong(text, mistakes, $"{Quoted.From(text.Value)} is not a duration from {Show(least)} to {Show(most)}: write a number and ms, s, m or h, like 30s");

    public static ConfigReader Choice(params string[] choices) => (text, mistakes) =>
        choices.FirstOrDefault(choice => choice.Equals(text.Value, StringComparison.OrdinalIgnoreCase))
        ?? Wrong(text, mistakes, $"{Quoted.From(text.Value)} is none of {string.Join(", ", choices)}; did you mean '{NearestName.Of(text.Value, choices)}'?");

    public static object? Flag(ConfigText text, List<ConfigMistake> mistakes) => text.Value.ToLowerInvariant() switch
    {
        "true" or "yes" or "1" => true,
        "false" or "no" or "0" => false,
        _ => Wrong(text, mistakes, $"{Quoted.From(text.Value)} is neither true nor false"),
    };

    /// <summary>A full path; <c>~</c> is the home directory.</summary>
    public static object? FilePath(ConfigText text, List<ConfigMistake> mistakes) =>
        text.Value.Length == 0 || text.Value.Contains('\0', StringComparison.Ordinal) ? Wrong(text, mistakes, "a path is missing")
        : Quoted.IsSecretive(text.Value) ? Wrong(text, mistakes, $"{Quoted.From(text.Value)} is what a file holds, and the path of the file is wanted")
        : ExpandPath(text.Value, text.Directory);

    /// <summary>host:port of LND's gRPC API.</summary>
    public static object? HostAndPort(ConfigText text, List<ConfigMistake> mistakes) =>
        TryHostAndPort(text.Value, out var host, out var port)
            ? new HostPort(host, port)
            : Wrong(text, mistakes, $"{Quoted.From(text.Value)} is not host:port, like 127.0.0.1:10009");

    /// <summary>An address on this machine only: the API would let anybody who reaches it look into the node.</summary>
    public static object? Loopback(ConfigText text, List<ConfigMistake> mistakes)
    {
        if (!TryHostAndPort(text.Value, out var host, out var port))
        {
            return Wrong(text, mistakes, $"{Quoted.From(text.Value)} is not address:port, like 127.0.0.1:8735");
        }

        var address = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback : null;
        if (address is null && !IPAddress.TryParse(host, out address))
        {
            return Wrong(text, mistakes, $"{Quoted.From(host)} is not an IP address: the API listens on loopback only, like 127.0.0.1:8735");
        }

        return IPAddress.IsLoopback(address)
            ? new IPEndPoint(address, port)
            : Wrong(text, mistakes, $"{host} can be reached from outside: the API listens on loopback only, like 127.0.0.1:{port}");
    }

    /// <summary>Where an OpenTelemetry collector listens.</summary>
    public static object? HttpUrl(ConfigText text, List<ConfigMistake> mistakes) =>
        Uri.TryCreate(text.Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            ? url
            : Wrong(text, mistakes, $"{Quoted.From(text.Value)} is not a URL without a password, like http://127.0.0.1:4317");

    /// <summary>Public keys with commas between them; <c>file://PATH</c> stands for the lines of a file, with its comments.</summary>
    public static object? Nodes(ConfigText text, List<ConfigMistake> mistakes)
    {
        var nodes = ImmutableSortedSet.CreateBuilder<NodeId>();
        var before = mistakes.Count;
        foreach (var item in text.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (item.StartsWith("file://", StringComparison.OrdinalIgnoreCase))
            {
                ReadList(text, ExpandPath(item["file://".Length..], text.Directory), nodes, mistakes);
            }
            else
            {
                AddNode(item, text.Origin, nodes, mistakes);
            }
        }

        return mistakes.Count == before ? nodes.ToImmutable() : null;
    }

    public static string ExpandPath(string path, string directory)
    {
        // Unverified, or a home directory that is yet to be made would silently become the current one.
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        var expanded = path == "~" ? home : path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, path[2..]) : path;
        return Path.GetFullPath(expanded, directory);
    }

    internal static bool TryDuration(string text, out TimeSpan duration)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var unit = text[digits..].Trim() switch
        {
            "ms" => TimeSpan.FromMilliseconds(1),
            "s" => TimeSpan.FromSeconds(1),
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            _ => TimeSpan.Zero,
        };
        var isNumber = int.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        isNumber &= unit > TimeSpan.Zero && count <= TimeSpan.MaxValue / unit;
        duration = isNumber ? unit * count : TimeSpan.Zero;
        return isNumber;
    }

    internal static string Show(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0s",
        _ when duration.Ticks % TimeSpan.TicksPerHour == 0 => $"{(long)duration.TotalHours}h",
        _ when duration.Ticks % TimeSpan.TicksPerMinute == 0 => $"{(long)duration.TotalMinutes}m",
        _ when duration.Ticks % TimeSpan.TicksPerSecond == 0 => $"{(long)duration.TotalSeconds}s",
        _ => $"{(long)duration.TotalMilliseconds}ms",
    };

    private static bool TryWhole(string text, out long value)
    {
        value = 0;
        return text.Length > 0 && text[0] != '_'
            && long.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryHostAndPort(string text, out string host, out int port)
    {
        var colon = text.LastIndexOf(':');
        host = colon > 0 ? text[..colon] : "";
        port = 0;
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
        }
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            return false;
        }

        return Uri.CheckHostName(host) != UriHostNameType.Unknown
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port is > 0 and <= ushort.MaxValue;
    }

    private static void ReadList(ConfigText text, string path, ImmutableSortedSet<NodeId>.Builder nodes, List<ConfigMistake> mistakes)
    {
        string[] lines;
        try
        {
            if (BoundedText.Read(path, LongestList) is not { } read)
            {
                mistakes.Add(new(text.Origin, $"the list {path} is more than 4 MiB"));
                return;
            }

            lines = read.Split(["\r\n", "\n", "\r"], StringSplitOptions.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            mistakes.Add(new(text.Origin, $"cannot read the list {path}: {(e is StreamOnlyException ? "it " : "")}{e.Message}"));
            return;
        }

        for (var i = 0; i < lines.Length; i++)
        {
            if (IniFile.StripComment(lines[i]) is { Length: > 0 } item)
            {
                AddNode(item, new ConfigOrigin.File(path, i + 1), nodes, mistakes);
            }
        }
    }

    private static void AddNode(string item, ConfigOrigin origin, ImmutableSortedSet<NodeId>.Builder nodes, List<ConfigMistake> mistakes)
    {
        if (NodeId.TryParse(item, out var node))
        {
            nodes.Add(node);
        }
        else
        {
            mistakes.Add(new(origin, $"{Quoted.From(item)} is not a public key (66 hex digits that begin with 02 or 03)"));
        }
    }

    private static object? Wrong(ConfigText text, List<ConfigMistake> mistakes, string what)
    {
        mistakes.Add(new(text.Origin, what));
        return null;
    }
}

/// <summary>Where LND's gRPC API is.</summary>
internal sealed record HostPort(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
