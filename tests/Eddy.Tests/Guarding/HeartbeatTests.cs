using Eddy.Guarding;

namespace Eddy.Tests.Guarding;

public sealed class HeartbeatTests
{
    [Fact]
    public void Each_sign_differs_from_the_one_before_and_says_whether_anything_is_held()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Files in memory are Linux's.");
        using var heartbeat = Heartbeat.Create();
        var lines = new List<string> { heartbeat.Read() };
        foreach (var isArmed in (bool[])[true, true, false])
        {
            heartbeat.Write(isArmed);
            lines.Add(heartbeat.Read());
        }

        Assert.Equal(["idle", "armed", "armed", "idle"], lines.Select(line => line.Split(' ')[0]));
        Assert.Equal(lines.Count, lines.Distinct().Count());
        Assert.All(lines, line => Assert.Equal(lines[0].Length, line.Length));

        // As the guard reads it: by name.
        Assert.Equal(lines[^1], File.ReadAllText(heartbeat.Path).TrimEnd());
    }

    [Theory]
    [InlineData("1795000000 its process was stopped", "its process was stopped")]
    [InlineData("1795000000", null)]
    [InlineData("99999999999999 far away", null)]
    [InlineData("-5 before time", null)]
    [InlineData("", null)]
    public void A_note_that_makes_no_sense_is_no_note(string text, string? reason)
    {
        using var directory = new TemporaryDirectory();

        Assert.Equal(reason, GuardKill.Read(directory.Write("guard.last", text))?.Reason);
        Assert.Null(GuardKill.Read(directory.File("nothing")));
    }
}
