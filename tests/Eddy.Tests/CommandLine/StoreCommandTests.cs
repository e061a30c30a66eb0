using System.Text.Json;
using Eddy.Engine.Storage;
using Eddy.Hosting;
using Eddy.Sqlite;

namespace Eddy.Tests.CommandLine;

/// <summary><c>eddy store</c> in this process, without a daemon.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Database => _directory.File("eddy.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_copy_is_made_listed_and_put_back_and_the_old_database_is_kept()
    {
        SqliteStore.Open(Database).Dispose();

        var made = await RunAsync("backup", "--json");
        var path = JsonDocument.Parse(made.Output).RootElement.GetProperty("path").GetString()!;
        await File.WriteAllTextAsync(Database, "This was a database once.");
        var list = await RunAsync("backups", "--json");
        var restored = await RunAsync("restore", "--json");

        Assert.Equal((0, 0, 0), (made.ExitCode, list.ExitCode, restored.ExitCode));
        Assert.True(Assert.Single(JsonDocument.Parse(list.Output).RootElement.GetProperty("backups").EnumerateArray()).GetProperty("sound").GetBoolean());
        var report = JsonDocument.Parse(restored.Output).RootElement;
        Assert.Equal(path, report.GetProperty("from").GetString());
        Assert.Equal("This was a database once.", await File.ReadAllTextAsync(report.GetProperty("replaced").GetString()!));
        SqliteStore.Open(Database).Dispose();
    }

    [Fact]
    public async Task The_newest_sound_copy_is_taken_where_a_newer_one_is_damaged()
    {
        SqliteStore.Open(Database).Dispose();
        var backups = DataDirectory.BackupsIn(_directory.Path);
        var sound = StoreBackup.Make(Database, backups, DateTimeOffset.UtcNow.AddDays(-1));
        var damaged = StoreBackup.Make(Database, backups, DateTimeOffset.UtcNow);
        await File.WriteAllTextAsync(damaged.Path, "no database");

        var listed = await RunAsync("backups");
        var restored = await RunAsync("restore");
        var named = await RunAsync("restore", "--from", damaged.Path);

        Assert.Contains("sound", listed.Output, StringComparison.Ordinal);
        Assert.Contains($"{damaged.Path} is damaged", listed.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, restored.ExitCode);
        Assert.Contains(sound.Path, restored.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, named.ExitCode);
    }

    [Fact]
    public async Task Without_a_copy_there_is_still_a_way_out()
    {
        await File.WriteAllTextAsync(Database, "no database");

        var restored = await RunAsync("restore");
        var emptied = await RunAsync("restore", "--empty");

        Assert.Equal(ExitCode.NotFound, restored.ExitCode);
        Assert.Contains("--empty", restored.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, emptied.ExitCode);
        SqliteStore.Open(Database).Dispose();
    }

    [Fact]
    public async Task Nothing_is_put_back_under_a_running_daemon()
    {
        using var daemon = DataDirectory.Open(_directory.Path);

        var result = await RunAsync("restore", "--empty");

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains("another eddy daemon already uses", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_that_the_disk_will_not_have_leaves_the_earlier_ones()
    {
        SqliteStore.Open(Database).Dispose();
        var backups = DataDirectory.BackupsIn(_directory.Path);
        var earlier = StoreBackup.Make(Database, backups, DateTimeOffset.UtcNow);
        Assert.SkipUnless(EddyProcess.CanLimitFiles, "There is no shell here.");

        // In units of 512 bytes: less than the database has. The runtime would need a file for its code as well.
        var environment = new Dictionary<string, string> { [EddyProcess.FileLimitVariable] = "8", ["DOTNET_EnableWriteXorExecute"] = "0" };
        var result = await EddyProcess.RunAsync(_directory.Path, ["store", "backup", "--eddy.datadir", _directory.Path], environment);

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains("eddy: ", result.Error, StringComparison.Ordinal);
        Assert.Equal(earlier.Path, Assert.Single(Directory.GetFiles(backups)));
        StoreBackup.Check(earlier.Path);
    }

    [Fact]
    public async Task A_disk_without_room_condemns_no_copy_and_passes_none_over_for_an_older_one()
    {
        Assert.SkipUnless(EddyProcess.CanLimitFiles, "There is no shell here.");
        SqliteStore.Open(Database).Dispose();
        var backups = DataDirectory.BackupsIn(_directory.Path);
        var older = StoreBackup.Make(Database, backups, DateTimeOffset.UtcNow.AddDays(-1));
        var newest = StoreBackup.Make(Database, backups, DateTimeOffset.UtcNow);
        using (var store = SqliteStore.Open(Database))
        {
            var batch = new StoreBatch();
            batch.Settings["colour"] = "red";
            store.Commit(batch);

            // Only with its log it can be looked at, and that takes room.
            File.Copy(Database, newest.Path, overwrite: true);
            File.Copy(Database + "-wal", newest.Path + "-wal");
        }

        var environment = new Dictionary<string, string> { [EddyProcess.FileLimitVariable] = "8", ["DOTNET_EnableWriteXorExecute"] = "0" };
        var listed = await EddyProcess.RunAsync(_directory.Path, ["store", "backups", "--json", "--eddy.datadir", _directory.Path], environment);
        var restored = await EddyProcess.RunAsync(_directory.Path, ["store", "restore", "--eddy.datadir", _directory.Path], environment);
        var named = await EddyProcess.RunAsync(_directory.Path, ["store", "restore", "--from", older.Path, "--eddy.datadir", _directory.Path], environment);

        var reports = JsonDocument.Parse(listed.Output).RootElement.GetProperty("backups").EnumerateArray()
            .Select(static report => (report.GetProperty("path").GetString(), report.GetProperty("sound").ValueKind));
        Assert.Equal([(newest.Path, JsonValueKind.Null), (older.Path, JsonValueKind.True)], reports);
        Assert.Equal(ExitCode.Failed, restored.ExitCode);
        Assert.Contains($"{newest.Path} cannot be written", restored.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, named.ExitCode);
        Assert.Contains($"{Database} cannot be written", named.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(".replacing", named.Error, StringComparison.Ordinal);
        SqliteStore.Open(Database).Dispose();
    }

    [Fact]
    public async Task A_copy_by_hand_is_put_back_with_its_log()
    {
        var byHand = _directory.File("by-hand.db");
        using (var store = SqliteStore.Open(Database))
        {
            // Nothing is in the file yet: all of it is in the log.
            File.Copy(Database, byHand);
            File.Copy(Database + "-wal", byHand + "-wal");
        }

        var restored = await RunAsync("restore", "--from", byHand);

        Assert.Equal((ExitCode.Done, ""), (restored.ExitCode, restored.Error));
        SqliteStore.Open(Database).Dispose();
    }

    [Fact]
    public async Task No_name_is_a_mistake_and_a_name_is_never_that_of_a_file_to_delete()
    {
        SqliteStore.Open(Database).Dispose();
        File.Copy(Database, Database + ".new");

        var unnamed = await RunAsync("restore", "--from", "");
        var named = await RunAsync("restore", "--from", Database + ".new");

        Assert.Equal(ExitCode.Usage, unnamed.ExitCode);
        Assert.Contains("--from", unnamed.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, named.ExitCode);
        Assert.True(File.Exists(Database + ".new"));
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = await new Eddy.CommandLine.EddyCommands(new(output, error, false)).RunAsync(["store", .. arguments, "--eddy.datadir", _directory.Path]);
        return (exitCode, output.ToString(), error.ToString());
    }
}
