namespace Eddy.Tests.Scenarios;

/// <summary>What a daemon writes is its user's alone.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class PrivateFilesTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Whatever_the_umask_everything_in_the_data_directory_is_closed_to_others_and_open_files_are_named()
    {
        Assert.SkipUnless(EddyProcess.CanLimitFiles, "There is no shell here.");
        using var home = new TemporaryDirectory();
        await using var scenario = await Scenario.StartAsync();
        var macaroon = scenario.Initiator.Lnd.AdminMacaroonPath;
        File.SetUnixFileMode(macaroon, OwnerOnly | UnixFileMode.OtherRead);
        var data = Directory.CreateDirectory(home.File("data"), OwnerOnly | UnixFileMode.UserExecute).FullName;
        await File.WriteAllTextAsync(Path.Combine(data, "token"), new string('a', 64));
        File.SetUnixFileMode(Path.Combine(data, "token"), OwnerOnly | UnixFileMode.OtherRead);
        await using var daemon = new DaemonProcess(scenario.Initiator, home.Path, "--lnd.macaroon", macaroon) { Environment = new Dictionary<string, string> { [EddyProcess.UmaskVariable] = "000" } };

        await daemon.StartAsync();
        await scenario.UntilAsync("a copy of the database", () => Task.FromResult(
            Directory.Exists(Path.Combine(data, "backups")) && Directory.EnumerateFiles(Path.Combine(data, "backups"), "*.db").Any()));

        Assert.True(await daemon.SeesErrorAsync($"WARN  EddyDaemon: Every user of this machine can read {macaroon}"));
        Assert.True(await daemon.SeesErrorAsync("token; closed to them now."));
        var files = Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories).ToArray();
        foreach (var name in new[] { "eddy.db", "eddy.db-wal", "eddy.db-shm", "eddy.db.lock", "lock", "token" })
        {
            Assert.Contains(Path.Combine(data, name), files);
        }

        Assert.All(files, file => Assert.True(File.GetUnixFileMode(file) == OwnerOnly, $"{file} is {File.GetUnixFileMode(file)}"));
        Assert.All(
            Directory.EnumerateDirectories(data, "*", SearchOption.AllDirectories).Append(data),
            directory => Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(directory)));
    }
}
