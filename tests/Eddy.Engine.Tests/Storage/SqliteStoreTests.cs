using Eddy.Engine.Ports;
using Eddy.Engine.Views;
using Eddy.Sqlite;
using Microsoft.Data.Sqlite;

namespace Eddy.Engine.Tests.Storage;

public sealed class SqliteStoreTests : StoreContract
{
    // Long enough for a busy machine: only what has failed waits for its end.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("eddy-store-").FullName;
    private SqliteStore _store;

    public SqliteStoreTests() => _store = SqliteStore.Open(FilePath, Longest);

    protected override IEddyStore Store => _store;

    private string FilePath => Path.Combine(_directory, "eddy.db");

    [Fact]
    public void What_was_committed_is_there_for_the_next_process()
    {
        Commit(batch =>
        {
            batch.Rings.Add(Ring(1));
            batch.Story.Add((Id(1), new RingStoryLine(Noon, "Proposed.")));
        });
        Assert.True(_store.TrySave(Binding(1, 1), Longest));

        Reopen();

        Assert.Equal(Id(1), Assert.Single(_store.Load().OpenRings).Id);
        Assert.Single(_store.Story(Id(1)));
        Assert.Single(_store.Load().Bindings);
    }

    [Fact]
    public void The_file_is_readable_by_its_user_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        foreach (var file in Directory.GetFiles(_directory, "eddy.db*"))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void A_second_process_is_told_that_the_first_is_there()
    {
        var exception = Assert.Throws<StoreException>(() => SqliteStore.Open(FilePath));

        Assert.Equal(StoreFault.Locked, exception.Fault);
        Assert.Contains("stop it first", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_of_a_later_version_is_named_as_such()
    {
        _store.Dispose();
        Execute("PRAGMA user_version = 4711");

        var exception = Assert.Throws<StoreException>(() => SqliteStore.Open(FilePath));

        Assert.Equal(StoreFault.Newer, exception.Fault);
        Assert.Contains("4711", exception.Message, StringComparison.Ordinal);
        Execute("PRAGMA user_version = 1");
        Reopen();
    }

    [Fact]
    public void A_database_of_another_program_is_left_alone()
    {
        _store.Dispose();
        var other = Path.Combine(_directory, "other.db");
        using (var connection = new SqliteConnection($"Data Source={other};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE theirs (id INTEGER)";
            command.ExecuteNonQuery();
        }

        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => SqliteStore.Open(other)).Fault);
    }

    [Fact]
    public void A_file_that_is_no_database_is_named_as_such()
    {
        _store.Dispose();
        var other = Path.Combine(_directory, "other.db");
        File.WriteAllText(other, string.Concat(Enumerable.Repeat("This is not a database. ", 500)));

        Assert.Equal(StoreFault.Corrupt, Assert.Throws<StoreException>(() => SqliteStore.Open(other)).Fault);
    }

    [Fact]
    public void A_directory_that_is_not_there_is_named_as_such()
    {
        var exception = Assert.Throws<StoreException>(() => SqliteStore.Open(Path.Combine(_directory, "nowhere", "eddy.db")));

        Assert.Equal(StoreFault.ReadOnly, exception.Fault);
    }

    [Fact]
    public void A_directory_that_cannot_be_written_is_named_as_such()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        Assert.SkipWhen(Environment.IsPrivilegedProcess, "The superuser may write everywhere.");
        _store.Dispose();
        var directory = Directory.CreateDirectory(Path.Combine(_directory, "readonly")).FullName;
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.Equal(StoreFault.ReadOnly, Assert.Throws<StoreException>(() => SqliteStore.Open(Path.Combine(directory, "eddy.db"))).Fault);
    }

    [Fact]
    public void A_path_that_is_a_directory_is_refused_in_words()
    {
        var path = Directory.CreateDirectory(Path.Combine(_directory, "folder.db")).FullName;

        var exception = Assert.Throws<StoreException>(() => SqliteStore.Open(path));

        Assert.Equal(StoreFault.ReadOnly, exception.Fault);
    }

    [Fact]
    public void A_locked_database_fails_a_commit_and_a_binding_and_recovers()
    {
        Reopen(TimeSpan.FromMilliseconds(100));
        using (var other = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();

            var exception = Assert.Throws<StoreException>(() => Commit(batch => batch.Rings.Add(Ring(1))));
            Assert.Equal(StoreFault.Locked, exception.Fault);

            Assert.False(_store.TrySave(Binding(1, 1), TimeSpan.FromMilliseconds(200)));
        }

        Commit(batch => batch.Rings.Add(Ring(1)));
        Assert.True(_store.TrySave(Binding(1, 1), Longest));
    }

    [Fact]
    public void A_full_disk_fails_a_commit_and_a_binding_and_changes_nothing()
    {
        _store.LimitPages(1);

        var exception = Assert.Throws<StoreException>(() => Commit(batch =>
        {
            for (var number = 1; number < 200; number++)
            {
                batch.Rings.Add(Ring(number) with { Blob = new byte[4_000] });
            }
        }));
        var isBound = Enumerable.Range(1, 2_000).All(number => _store.TrySave(Binding(number, number), TimeSpan.FromSeconds(1)));

        Assert.Equal(StoreFault.Full, exception.Fault);
        Assert.Contains("make room", exception.Message, StringComparison.Ordinal);
        Assert.False(isBound);
        Assert.Empty(_store.Load().OpenRings);
    }

    [Fact]
    public async Task Bindings_are_saved_from_another_thread_while_the_engine_commits()
    {
        var binder = Task.Run(() => Enumerable.Range(1, 100).Count(number => _store.TrySave(Binding(number, number), Longest)));
        for (var number = 1; number <= 100; number++)
        {
            Commit(batch => batch.Rings.Add(Ring(number)));
        }

        Assert.Equal(100, await binder.WaitAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(100, _store.Load().Bindings.Length);
        Assert.Equal(100, _store.Load().OpenRings.Length);
    }

    [Fact]
    public void After_its_end_the_store_binds_nothing()
    {
        _store.Dispose();

        Assert.False(_store.TrySave(Binding(1, 1), TimeSpan.FromSeconds(1)));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_directory, recursive: true);
    }

    private void Reopen(TimeSpan? busyTimeout = null)
    {
        _store.Dispose();
        _store = SqliteStore.Open(FilePath, busyTimeout ?? Longest);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
