using Eddy.Hosting;

namespace Eddy.Tests.Hosting;

public sealed class DataDirectoryTests
{
    [Fact]
    public void It_is_made_for_its_user_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such file modes.");
            return;
        }

        using var temporary = new TemporaryDirectory();
        using var directory = DataDirectory.Open(temporary.File("deep/eddy"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory.Path));
    }

    [Fact]
    public void A_second_daemon_is_kept_out_until_the_first_has_gone()
    {
        using var temporary = new TemporaryDirectory();
        using (DataDirectory.Open(temporary.Path))
        {
            var exception = Assert.Throws<StartException>(() => DataDirectory.Open(temporary.Path));
            Assert.Equal(ExitCode.Failed, exception.ExitCode);
            Assert.Contains("another eddy daemon already uses", exception.Message, StringComparison.Ordinal);
        }

        using var again = DataDirectory.Open(temporary.Path);
    }

    [Fact]
    public void A_file_in_its_place_is_a_wrong_configuration()
    {
        using var temporary = new TemporaryDirectory();
        var exception = Assert.Throws<StartException>(() => DataDirectory.Open(temporary.Write("eddy", "")));

        Assert.Equal(ExitCode.Usage, exception.ExitCode);
        Assert.Contains("there is a file of that name", exception.Message, StringComparison.Ordinal);
    }
}
