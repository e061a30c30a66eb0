using Eddy.Sqlite;

namespace Eddy.Hosting;

/// <summary>What an operator can do about a database that is not good any more.</summary>
internal static class StoreAdvice
{
    public static IEnumerable<string> WaysOut(string dataDirectory)
    {
        var newest = StoreBackup.List(DataDirectory.BackupsIn(dataDirectory)).FirstOrDefault();
        yield return newest is null
            ? "There is no copy of it."
            : $"'eddy store restore' puts the newest sound copy in its place; the newest there is: {newest.Path}";
        yield return "'eddy store restore --empty' starts anew: history and the ledger of waived fees are lost, money is not, for LND knows every payment";
    }
}
