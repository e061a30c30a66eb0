using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Sqlite;
using Microsoft.Data.Sqlite;

namespace Eddy.Engine.Tests.Storage;

public sealed class StoreBackupTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("eddy-backup-").FullName;

    private string FilePath => Path.Combine(_directory, "eddy.db");

    private string Backups => Path.Combine(_directory, "backups");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_copy_holds_what_was_committed_while_the_store_goes_on_and_says_that_it_is_a_copy()
    {
        using var store = SqliteStore.Open(FilePath);
        Set(store, "colour", "blue");

        var backup = StoreBackup.Make(FilePath, Backups, Noon);
        Set(store, "colour", "red");

        Assert.Equal([backup], StoreBackup.List(Backups));
        Assert.Equal([backup.Path], Directory.GetFiles(Backups));
        using var copy = SqliteStore.Open(backup.Path);
        Assert.Equal("blue", copy.Load().Settings["colour"]);
        Assert.Equal("2026-11-21 12:00:00Z", copy.Load().Settings[StoreSettings.CopiedAt]);
        Assert.False(store.Load().Settings.ContainsKey(StoreSettings.CopiedAt));
    }

    [Fact]
    public void Copies_and_their_directory_are_their_users_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        SqliteStore.Open(FilePath).Dispose();

        var backup = StoreBackup.Make(FilePath, Backups, Noon);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(backup.Path));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Backups));
        }
    }

    [Fact]
    public void The_newest_are_kept_and_the_last_one_made_before_a_migration()
    {
        SqliteStore.Open(FilePath).Dispose();
        var beforeMigration = StoreBackup.Make(FilePath, Backups, Noon, schema: 1);
        StoreBackup[] later = [.. Enumerable.Range(1, 4).Select(day => StoreBackup.Make(FilePath, Backups, Noon.AddDays(day)))];

        StoreBackup.Prune(Backups, keep: 2);

        Assert.Equal([later[3], later[2], beforeMigration], StoreBackup.List(Backups));
    }

    [Fact]
    public void What_cannot_be_copied_leaves_no_half_copy_and_the_earlier_ones()
    {
        SqliteStore.Open(FilePath).Dispose();
        var earlier = StoreBackup.Make(FilePath, Backups, Noon);
        Damage(FilePath);

        var fault = Assert.Throws<StoreException>(() => StoreBackup.Make(FilePath, Backups, Noon.AddHours(1)));

        Assert.Equal(StoreFault.Corrupt, fault.Fault);
        Assert.Equal([earlier.Path], Directory.GetFiles(Backups));
        StoreBackup.Check(earlier.Path);
    }

    [Fact]
    public void A_schema_is_copied_before_it_is_changed()
    {
        SqliteStore.Open(FilePath).Dispose();
        Execute(FilePath, "PRAGMA user_version = 1");

        SqliteStore.Open(FilePath, Backups).Dispose();

        var backup = Assert.Single(StoreBackup.List(Backups));
        Assert.Equal(1, backup.Schema);
        Assert.Equal(1L, Ask(backup.Path, "PRAGMA user_version"));
        Assert.Equal((long)SchemaMigrations.Latest, Ask(FilePath, "PRAGMA user_version"));
    }

    [Fact]
    public void A_damaged_page_is_noticed_at_the_start()
    {
        Fill();
        Damage(FilePath);

        var fault = Assert.Throws<StoreException>(() => SqliteStore.Open(FilePath));

        Assert.Equal(StoreFault.Corrupt, fault.Fault);
        Assert.Contains(FilePath, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_cut_short_is_noticed_at_the_start()
    {
        Fill();
        using (var file = File.OpenWrite(FilePath))
        {
            file.SetLength(file.Length / 2);
        }

        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => SqliteStore.Open(FilePath)).Fault);
    }

    [Fact]
    public void A_copy_put_back_is_marked_and_the_damaged_file_and_its_log_are_kept()
    {
        Fill();
        var backup = StoreBackup.Make(FilePath, Backups, Noon);
        Damage(FilePath);
        File.WriteAllText(FilePath + "-wal", "of another time");

        var old = StoreReplacement.Restore(FilePath, backup.Path, Noon.AddHours(1));

        Assert.Equal("of another time", File.ReadAllText(old + "-wal"));
        Assert.False(File.Exists(FilePath + "-wal"));
        using var store = SqliteStore.Open(FilePath);
        Assert.Equal("2026-11-21 12:00:00Z", store.Load().Settings[StoreSettings.CopiedAt]);
        Assert.True(File.Exists(backup.Path));
    }

    [Fact]
    public void Each_of_two_restores_in_one_second_keeps_what_it_took_away()
    {
        Fill();
        var backup = StoreBackup.Make(FilePath, Backups, Noon);
        var original = File.ReadAllBytes(FilePath);

        var first = StoreReplacement.Restore(FilePath, backup.Path, Noon);
        var second = StoreReplacement.Restore(FilePath, backup.Path, Noon);

        Assert.NotEqual(first, second);
        Assert.Equal(original, File.ReadAllBytes(first!));
        Assert.True(File.Exists(second));
    }

    [Fact]
    public void Any_database_of_ours_can_be_put_back_and_is_marked()
    {
        SqliteStore.Open(FilePath).Dispose();
        var elsewhere = Path.Combine(_directory, "by-hand");
        File.Copy(FilePath, elsewhere);

        StoreReplacement.Restore(FilePath, elsewhere, Noon);

        using var store = SqliteStore.Open(FilePath);
        Assert.Equal("2026-11-21 12:00:00Z", store.Load().Settings[StoreSettings.CopiedAt]);
    }

    [Fact]
    public void A_copy_that_is_damaged_is_not_put_back_and_nothing_changes()
    {
        Fill();
        var backup = StoreBackup.Make(FilePath, Backups, Noon);
        Damage(backup.Path);

        var fault = Assert.Throws<StoreException>(() => StoreReplacement.Restore(FilePath, backup.Path, Noon));

        Assert.Equal(StoreFault.Corrupt, fault.Fault);
        Assert.Equal([FilePath, FilePath + ".lock"], Directory.GetFiles(_directory).Order(StringComparer.Ordinal));
        SqliteStore.Open(FilePath).Dispose();
    }

    [Fact]
    public void Nothing_is_put_back_while_the_store_is_open()
    {
        using var store = SqliteStore.Open(FilePath);
        var backup = StoreBackup.Make(FilePath, Backups, Noon);

        Assert.Equal(StoreFault.Locked, Assert.Throws<StoreException>(() => StoreReplacement.Restore(FilePath, backup.Path, Noon)).Fault);
        Assert.Equal(StoreFault.Locked, Assert.Throws<StoreException>(() => StoreReplacement.StartEmpty(FilePath, Noon)).Fault);
    }

    [Fact]
    public void What_is_still_in_the_log_beside_a_copy_is_put_back_with_it_and_both_stay_as_they_are()
    {
        var elsewhere = CopyByHandWithLog();
        var (database, log) = (File.ReadAllBytes(elsewhere), File.ReadAllBytes(elsewhere + "-wal"));

        StoreBackup.Check(elsewhere);
        StoreReplacement.Restore(FilePath, elsewhere, Noon);

        using var store = SqliteStore.Open(FilePath);
        Assert.Equal("red", store.Load().Settings["colour"]);
        Assert.Equal(database, File.ReadAllBytes(elsewhere));
        Assert.Equal(log, File.ReadAllBytes(elsewhere + "-wal"));
        Assert.Empty(Directory.GetFiles(_directory, "by-hand*").Except([elsewhere, elsewhere + "-wal"]));
    }

    [Fact]
    public void A_log_that_is_none_is_named_and_not_passed_over()
    {
        var elsewhere = CopyByHandWithLog();
        File.WriteAllText(elsewhere + "-wal", "This was a log once, and it held the last commits.");

        var fault = Assert.Throws<StoreException>(() => StoreReplacement.Restore(FilePath, elsewhere, Noon));

        Assert.Equal(StoreFault.Corrupt, fault.Fault);
        Assert.Contains(elsewhere + "-wal", fault.Message, StringComparison.Ordinal);
        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => StoreBackup.Check(elsewhere)).Fault);
    }

    [Fact]
    public void A_file_without_end_is_no_database_and_fills_no_disk()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "There is no /dev/zero here.");

        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => StoreReplacement.Restore(FilePath, "/dev/zero", Noon)).Fault);
    }

    [Fact]
    public void A_crash_at_any_point_of_a_restore_leaves_the_old_database_or_what_the_next_start_names()
    {
        var (backup, states) = CrashAtEachPoint();

        Assert.InRange(states.Count, 6, 20);
        var refused = 0;
        foreach (var database in states)
        {
            string? colour = null;
            try
            {
                using var store = SqliteStore.Open(database);
                var settings = store.Load().Settings;
                colour = settings[settings.ContainsKey(StoreSettings.CopiedAt) ? "copy" : "colour"];
            }
            catch (StoreException fault)
            {
                refused++;
                Assert.Equal(StoreFault.CutShort, fault.Fault);
                Assert.Contains(database, fault.Message, StringComparison.Ordinal);

                StoreReplacement.Restore(database, backup, Noon.AddDays(1));
                SqliteStore.Open(database).Dispose();
            }

            Assert.True(colour is null or "red" or "yes", $"{database} holds {colour}");
        }

        Assert.InRange(refused, 4, 20);
    }

    [Fact]
    public void After_a_crash_in_a_restore_the_old_database_can_be_gone_on_with_and_has_lost_nothing()
    {
        var (_, states) = CrashAtEachPoint();

        foreach (var database in states.Where(StoreReplacement.WasCutShort))
        {
            var fault = Assert.Throws<StoreException>(() => SqliteStore.Open(database));
            var named = fault.Message.Split("--from ")[1].Split('\'')[0];

            // What is said is done, after the logs that were left behind have followed their database.
            StoreReplacement.Restore(database, named, Noon.AddDays(1));

            using var store = SqliteStore.Open(database);
            Assert.Equal("red", store.Load().Settings["colour"]);
        }
    }

    [Fact]
    public void After_crashes_in_two_restores_the_first_ones_old_database_is_still_named()
    {
        var (_, states) = CrashAtEachPoint();
        var second = new List<string>();

        foreach (var database in states.Where(StoreReplacement.WasCutShort))
        {
            var named = Assert.Throws<StoreException>(() => SqliteStore.Open(database)).Message.Split("--from ")[1].Split('\'')[0];
            StoreReplacement.Restore(database, named, Noon.AddDays(1), () => second.Add(Snapshot(Path.GetDirectoryName(database)!, $"second-{second.Count}")));
        }

        var cut = second.Where(StoreReplacement.WasCutShort).ToArray();
        Assert.InRange(cut.Length, 12, 100);
        foreach (var database in cut)
        {
            var named = Assert.Throws<StoreException>(() => SqliteStore.Open(database)).Message.Split("--from ")[1].Split('\'')[0];
            StoreReplacement.Restore(database, named, Noon.AddDays(2));

            using var store = SqliteStore.Open(database);
            Assert.Equal("red", store.Load().Settings["colour"]);
        }
    }

    [Fact]
    public void A_mark_that_cannot_be_read_is_said()
    {
        Assert.SkipUnless(File.Exists("/proc/self/mem"), "There is no /proc here.");
        SqliteStore.Open(FilePath).Dispose();
        // Root may read whatever has a mode; the first page of its own memory nobody can.
        File.CreateSymbolicLink(FilePath + ".replacing", "/proc/self/mem");

        var fault = Assert.Throws<StoreException>(() => SqliteStore.Open(FilePath));

        Assert.Equal(StoreFault.CutShort, fault.Fault);
        Assert.Contains("cannot be read", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_process_was_copying_is_removed_a_day_later()
    {
        Fill();
        StoreBackup.Make(FilePath, Backups, Noon);
        var (old, young) = (Path.Combine(Backups, "eddy-20200101T000000000Z.db.new"), Path.Combine(Backups, "eddy-20200102T000000000Z.db.new-wal"));
        File.WriteAllText(old, "half");
        File.WriteAllText(young, "half");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow - TimeSpan.FromDays(2));

        StoreBackup.Prune(Backups, keep: 2);

        Assert.Equal((false, true, 1), (File.Exists(old), File.Exists(young), StoreBackup.List(Backups).Length));
    }

    [Fact]
    public void What_a_crash_left_of_a_restore_is_removed_by_the_next_start()
    {
        var (_, states) = CrashAtEachPoint();
        var unmarked = states.Where(static database => !StoreReplacement.WasCutShort(database)).ToArray();
        Assert.Contains(unmarked, static database => Parts(database).Length > 0);

        foreach (var database in unmarked)
        {
            File.WriteAllText(database + ".replacing.new", "half");
            SqliteStore.Open(database).Dispose();

            Assert.Empty(Parts(database));
        }
    }

    [Fact]
    public void What_a_crash_left_of_a_restore_is_removed_by_the_next_one()
    {
        var (backup, states) = CrashAtEachPoint();
        Assert.Contains(states, static database => StoreReplacement.WasCutShort(database) && Parts(database).Length > 1);

        foreach (var database in states)
        {
            StoreReplacement.Restore(database, backup, Noon.AddDays(1));

            Assert.Empty(Parts(database));
        }
    }

    [Fact]
    public void A_file_that_is_named_is_never_the_one_that_is_worked_at()
    {
        Fill();
        File.Copy(FilePath, FilePath + ".replacing.db");
        File.Copy(FilePath, FilePath + ".new");

        StoreReplacement.Restore(FilePath, FilePath + ".replacing.db", Noon);

        Assert.True(File.Exists(FilePath + ".new") && File.Exists(FilePath + ".replacing.db"));
        SqliteStore.Open(FilePath).Dispose();
    }

    [Fact]
    public void A_directory_is_synced_where_there_is_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere than on Linux directories are not synced.");

        Assert.True(DirectoryEntries.Sync(FilePath));
        Assert.False(DirectoryEntries.Sync(Path.Combine(_directory, "missing", "eddy.db")));
    }

    [Fact]
    public void A_sound_copy_is_checked_without_writing_anything()
    {
        Fill();
        var backup = StoreBackup.Make(FilePath, Backups, Noon);
        var before = Directory.GetLastWriteTimeUtc(Backups);

        StoreBackup.Check(backup.Path);

        Assert.Equal(before, Directory.GetLastWriteTimeUtc(Backups));
    }

    [Theory]
    [InlineData(28, StoreFault.Full, "is full")]
    [InlineData(122, StoreFault.Full, "is full")]
    [InlineData(30, StoreFault.ReadOnly, "read-only")]
    [InlineData(5, StoreFault.Failed, "eddy.db cannot be written: Input/output error")]
    public void What_is_wrong_with_a_disk_is_said_of_the_file_that_its_user_knows(int error, StoreFault fault, string says)
    {
        var told = DiskErrors.Translate(new IOException("Input/output error : '/data/eddy.db.new-2'", error), "/data/eddy.db", "/data/eddy.db.new-2");

        Assert.Equal(fault, told.Fault);
        Assert.Contains(says, told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".new", told.Message, StringComparison.Ordinal);
    }

    /// <summary>A copy of the database and its log, with a commit that is in the log only.</summary>
    private string CopyByHandWithLog()
    {
        var elsewhere = Path.Combine(_directory, "by-hand");
        using (var store = SqliteStore.Open(FilePath))
        {
            Set(store, "colour", "blue");
            Ask(FilePath, "PRAGMA wal_checkpoint(TRUNCATE)");
            Set(store, "colour", "red");
            File.Copy(FilePath, elsewhere);
            File.Copy(FilePath + "-wal", elsewhere + "-wal");
        }

        File.Delete(FilePath);
        return elsewhere;
    }

    /// <summary>What a restore over a database with a log leaves where it is cut short after each of its steps, and what it put back.</summary>
    private (string Backup, List<string> States) CrashAtEachPoint()
    {
        using (var other = SqliteStore.Open(Path.Combine(_directory, "other.db")))
        {
            Set(other, "copy", "yes");
        }

        var backup = StoreBackup.Make(Path.Combine(_directory, "other.db"), Backups, Noon);
        var live = Directory.CreateDirectory(Path.Combine(_directory, "live")).FullName;
        var byHand = CopyByHandWithLog();
        File.Move(byHand, Path.Combine(live, "eddy.db"));
        File.Move(byHand + "-wal", Path.Combine(live, "eddy.db-wal"));

        var states = new List<string>();
        StoreReplacement.Restore(Path.Combine(live, "eddy.db"), backup.Path, Noon, () => states.Add(Snapshot(live, $"state-{states.Count}")));
        return (backup.Path, states);
    }

    private static string[] Parts(string database) => Directory.GetFiles(Path.GetDirectoryName(database)!, "eddy.db.replacing*");

    /// <returns>The database in a copy of the directory.</returns>
    private string Snapshot(string live, string name)
    {
        var state = Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;
        foreach (var file in Directory.GetFiles(live))
        {
            if (!file.EndsWith(".lock", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(state, Path.GetFileName(file)));
            }
        }

        return Path.Combine(state, "eddy.db");
    }

    private static void Set(SqliteStore store, string key, string value)
    {
        var batch = new StoreBatch();
        batch.Settings[key] = value;
        store.Commit(batch);
    }

    /// <summary>Enough for several pages of one table.</summary>
    private void Fill()
    {
        using var store = SqliteStore.Open(FilePath);
        var batch = new StoreBatch();
        for (var i = 0; i < 400; i++)
        {
            batch.Settings[$"key-{i}"] = new string('x', 200);
        }

        store.Commit(batch);
    }

    /// <summary>As a dying disk does it: every page but the first is noise.</summary>
    private static void Damage(string path)
    {
        const int Page = 4_096;
        using var file = File.Open(path, FileMode.Open);
        var noise = new byte[file.Length - Page];
        new Random(1).NextBytes(noise);
        file.Position = Page;
        file.Write(noise);
    }

    private static void Execute(string path, string sql) => Ask(path, sql);

    private static object? Ask(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
