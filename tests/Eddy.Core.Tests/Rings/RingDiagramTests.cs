namespace Eddy.Core.Tests.Rings;

public sealed class RingDiagramTests
{
    private const string End = "<!-- end -->";

    [Theory]
    [InlineData("initiator")]
    [InlineData("member")]
    public void The_protocol_page_shows_the_machine_as_it_is(string half)
    {
        var page = File.ReadAllText(Path.Combine(FindRoot(), "docs", "protocol.md")).ReplaceLineEndings("\n");
        var marker = $"<!-- ring-machine:{half} -->";
        var start = page.IndexOf(marker, StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/protocol.md has no {marker}.");
        var end = page.IndexOf(End, start, StringComparison.Ordinal);
        Assert.True(end >= 0, $"docs/protocol.md has no {End} after {marker}.");

        var shown = page[(start + marker.Length)..end].Trim();
        var drawn = RingDiagram.Render(half == "initiator" ? RingScene.Initiator : RingScene.Member);

        Assert.True(shown == drawn, $"docs/protocol.md differs from the machine. Between {marker} and {End} belongs:\n{drawn}\n");
    }

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
