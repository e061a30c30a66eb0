namespace Eddy.Configuration;

/// <summary>Looks at the files that the configuration names. What nobody named is a note only: LND may be installed later.</summary>
internal static class FileChecks
{
    private static readonly ConfigKey[] Files = [ConfigKeys.Certificate, ConfigKeys.Macaroon];

    public static IEnumerable<ConfigMistake> Mistakes(EddyConfig config) => Unreadable(config).Where(mistake => mistake.Origin is not ConfigOrigin.Default);

    public static IEnumerable<string> Notes(EddyConfig config) =>
        Unreadable(config).Where(mistake => mistake.Origin is ConfigOrigin.Default).Select(mistake => mistake.Text);

    private static IEnumerable<ConfigMistake> Unreadable(EddyConfig config)
    {
        foreach (var key in Files)
        {
            var path = key == ConfigKeys.Certificate ? config.Certificate : config.Macaroon;
            if (Problem(path) is { } problem)
            {
                yield return new(config.OriginOf(key), $"{key.FullName}: {path} {problem}");
            }
        }
    }

    private static string? Problem(string path)
    {
        try
        {
            using var file = RegularFile.OpenRead(path);
            return RandomAccess.GetLength(file) == 0 ? "is empty" : null;
        }
        catch (UnauthorizedAccessException)
        {
            return Directory.Exists(path) ? "is a directory" : "cannot be read by this user";
        }
        catch (StreamOnlyException e)
        {
            return e.Message;
        }
        catch (IOException)
        {
            return "does not exist or cannot be read";
        }
    }
}
