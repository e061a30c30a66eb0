using System.Collections.Immutable;

namespace Eddy.Setup;

/// <param name="Kind">What keeps LND there, for the operator.</param>
/// <param name="IsReadable">Whether this user can see its certificate.</param>
internal sealed record LndPlace(string Kind, string Directory, bool IsReadable);

/// <summary>Where LND's directory usually is.</summary>
/// <param name="root">Of the file system: <c>/</c>.</param>
/// <param name="home">This user's.</param>
internal sealed class LndPlaces(string root, string home)
{
    private const string Certificate = "tls.cert";

    /// <summary>A part of a pattern that stands for every directory.</summary>
    private const string Any = "*";

    private static readonly ImmutableArray<(string Kind, string Pattern)> Patterns =
    [
        ("this user's LND", "~/.lnd"),
        ("this user's LND", "~/Library/Application Support/Lnd"),
        ("Umbrel", "~/umbrel/app-data/lightning/data/lnd"),
        ("Umbrel", "home/umbrel/umbrel/app-data/lightning/data/lnd"),
        ("Umbrel", "~/umbrel/lnd"),
        ("RaspiBlitz", "mnt/hdd/app-data/lnd"),
        ("RaspiBlitz", "mnt/hdd/lnd"),
        ("Start9", "media/startos/data/package-data/volumes/lnd/data/main"),
        ("Start9", "embassy-data/package-data/volumes/lnd/data/main"),
        ("myNode", "mnt/hdd/mynode/lnd"),
        ("RaspiBolt or MiniBolt", "data/lnd"),
        ("a system service", "var/lib/lnd"),
        ("a system service", "var/lib/lnd/.lnd"),
        ("another user's LND", "home/*/.lnd"),
        ("a Docker volume", "var/lib/docker/volumes/*/_data"),
        ("a Docker volume", "var/lib/docker/volumes/*/_data/.lnd"),
    ];

    public static LndPlaces OfThisMachine() => new(
        Path.GetPathRoot(Environment.CurrentDirectory) ?? "/",
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify));

    /// <summary>Those that there are, each once. A directory that cannot be looked into is named too, for its owner can change that.</summary>
    public ImmutableArray<LndPlace> Find() =>
    [
        .. Patterns
            .SelectMany(pattern => Expand(pattern.Pattern).Select(directory => (pattern.Kind, Directory: directory, State: Look(directory))))
            .Where(place => place.State is not null)
            .DistinctBy(place => Real(place.Directory))
            .Select(place => new LndPlace(place.Kind, place.Directory, place.State!.Value)),
    ];

    private IEnumerable<string> Expand(string pattern)
    {
        var isHome = pattern.StartsWith("~/", StringComparison.Ordinal);
        IEnumerable<string> found = [isHome ? home : root];
        foreach (var part in pattern.Split('/').Skip(isHome ? 1 : 0))
        {
            found = part == Any ? found.SelectMany(Children) : found.Select(directory => Path.Combine(directory, part));
        }

        return found.Where(Directory.Exists);
    }

    private static string[] Children(string directory)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Null for what is no directory of LND's.</summary>
    private static bool? Look(string directory)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(directory).Select(Path.GetFileName).ToHashSet(StringComparer.Ordinal);
            return names.Contains(Certificate) && (names.Contains("data") || names.Contains("lnd.conf")) ? true : null;
        }
        catch (UnauthorizedAccessException)
        {
            // Only one that is LND's by its name: every volume of Docker's and every home would come up else.
            return Path.GetFileName(directory) is "lnd" or ".lnd" ? false : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Links are common: RaspiBlitz has one in the home of each user.</summary>
    private static string Real(string directory)
    {
        try
        {
            return new DirectoryInfo(directory).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? directory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return directory;
        }
    }
}
