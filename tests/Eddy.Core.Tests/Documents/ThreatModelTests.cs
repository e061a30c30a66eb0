using System.Text.RegularExpressions;

namespace Eddy.Core.Tests.Documents;

/// <summary>docs/threat-model.md says which test shows what: each of them must exist.</summary>
public sealed partial class ThreatModelTests
{
    [Fact]
    public void Every_test_that_the_threat_model_names_exists()
    {
        var root = FindRoot();
        var page = File.ReadAllText(Path.Combine(root, "docs", "threat-model.md"));
        var sources = Directory.EnumerateFiles(Path.Combine(root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(static path => Path.GetFileNameWithoutExtension(path), File.ReadAllText);
        var named = Reference().Matches(page).Select(static match => (Class: match.Groups[1].Value, Method: match.Groups[2].Value)).Distinct().ToArray();

        Assert.True(named.Length > 40, $"Only {named.Length} tests are named.");
        var missing = named.Where(name => !sources[name.Class].Any(source =>
            name.Method.Length == 0 || Regex.IsMatch(source, $@"public (async Task|Task|void) {name.Method}\("))).ToArray();
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_attack_in_a_table_of_the_threat_model_names_a_test()
    {
        var rows = File.ReadAllLines(Path.Combine(FindRoot(), "docs", "threat-model.md"));
        var isAttack = false;
        foreach (var row in rows)
        {
            if (!row.StartsWith('|'))
            {
                isAttack = false;
            }
            else if (row.StartsWith("| attack |", StringComparison.Ordinal))
            {
                isAttack = true;
            }
            else if (isAttack && !row.StartsWith("| ---", StringComparison.Ordinal))
            {
                Assert.True(Reference().IsMatch(row.Split('|')[^2]), $"No test: {row}");
            }
        }
    }

    [GeneratedRegex(@"`(\w+Tests)(?:\.(\w+))?`")]
    private static partial Regex Reference();

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Eddy.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("The tests do not run inside a checkout.");
    }
}
