namespace Eddy.Simulator.Tests;

/// <summary>Files that lie beside a checkout, for those who have them: a snapshot of the real network and made-up balances for it.</summary>
internal static class SharedData
{
    /// <summary>The path of a file; the test is skipped where it is not there.</summary>
    public static string Require(string name)
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var path = Path.GetFullPath(Path.Combine(directory.FullName, "..", "shared", "data", name));
            if (File.Exists(path))
            {
                return path;
            }
        }

        Assert.Skip($"{name} is not beside this repository (../shared/data).");
        return "";
    }
}
