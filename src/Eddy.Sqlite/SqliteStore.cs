using System.Collections.Immutable;
using Eddy.Engine.Ports;
using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;
using Microsoft.Data.Sqlite;

namespace Eddy.Sqlite;

/// <summary>
/// The store in one SQLite file (WAL, every commit synced). The engine's connection is its owner's alone; bindings have one of their own,
/// so that the gate's binder never waits for the engine's reads.
/// </summary>
public sealed partial class SqliteStore : IEddyStore, IBindingStore
{
    private static readonly TimeSpan DefaultBusyTimeout = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly SqliteConnection _engine;
    private readonly SqliteConnection _binder;
    private readonly FileStream _guard;
    private readonly Lock _binderTurn = new();
    private readonly Dictionary<string, SqliteCommand> _commands = [];
    private bool _isDisposed;

    private SqliteStore(string path, FileStream guard, SqliteConnection engine, SqliteConnection binder)
    {
        _path = path;
        _guard = guard;
        _engine = engine;
        _binder = binder;
    }

    /// <summary>Opens the file, makes it where there is none (mode 0600), and brings it to this binary's schema.</summary>
    /// <param name="path">The file.</param>
    /// <param name="backups">Where a copy goes before the schema is changed; null for no copy.</param>
    /// <exception cref="StoreException">It cannot be used; the message says why and what to do.</exception>
    public static SqliteStore Open(string path, string? backups = null) => Open(path, DefaultBusyTimeout, backups);

    internal static SqliteStore Open(string path, TimeSpan busyTimeout, string? backups = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        var guard = TakeGuard(path);
        SqliteConnection? engine = null;
        SqliteConnection? binder = null;
        try
        {
            StoreReplacement.ThrowIfCutShort(path);
            StoreReplacement.RemoveParts(path);
            CreateFile(path);
            engine = Connect(path, busyTimeout);
            if (!SchemaMigrations.IsNew(engine))
            {
                // Looks at every page: what is damaged is better known now than in the middle of a ring.
                StoreBackup.Check(engine, path);
            }

            SchemaMigrations.Run(engine, path, schema =>
            {
                if (backups is not null)
                {
                    StoreBackup.Make(path, backups, DateTimeOffset.UtcNow, schema);
                }
            });
            binder = Connect(path, busyTimeout);
            return new SqliteStore(path, guard, engine, binder);
        }
        catch (Exception exception)
        {
            binder?.Dispose();
            engine?.Dispose();
            guard.Dispose();
            if (exception is SqliteException fault)
            {
                throw SqliteErrors.Translate(fault, path);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public StoreContents Load() => Guarded(() => new StoreContents
    {
        OpenRings = ReadAll($"SELECT {RingColumns} FROM ring WHERE is_final = 0 ORDER BY started_at, id", ReadRing),
        Bindings = ReadAll($"SELECT {BindingColumns} FROM binding ORDER BY channel, htlc_id", ReadBinding),
        Outbox = ReadAll("SELECT id, ring, kind, body FROM outbox ORDER BY id", static row =>
            new OutboxEntry(row.GetInt64(0), new RingId(row.Bytes32(1)), row.GetString(2), row.Blob(3))),
        Settings = ReadAll("SELECT key, value FROM setting", static row => KeyValuePair.Create(row.GetString(0), row.GetString(1)))
            .ToImmutableDictionary(),
        BackOffs = ReadAll("SELECT key, until, failures FROM back_off ORDER BY key", static row =>
            new BackOffRecord(row.GetString(0), row.Time(1), row.GetInt32(2))),
        Counters = ReadAll("SELECT day, key, value FROM daily_counter ORDER BY day, key", static row =>
            new DailyCounter(row.GetInt32(0), row.GetString(1), row.GetInt64(2))),
        Totals = ReadAll(TotalsQuery, static row => new RingTotals(
            row.GetInt32(0), row.GetInt32(1), row.GetInt32(2), row.Msat(3), row.Msat(4), row.Msat(5)))[0],
    });

    /// <inheritdoc/>
    public RingRecord? FindRing(RingId ring) => Guarded(() =>
        ReadAll($"SELECT {RingColumns} FROM ring WHERE id = $id", ReadRing, ("$id", ring.Value.ToArray())).FirstOrDefault());

    /// <inheritdoc/>
    public bool KnowsHash(PaymentHash hash) => Guarded(() =>
        ReadAll("SELECT 1 FROM ring WHERE hash = $hash LIMIT 1", static row => row.GetInt32(0), ("$hash", hash.Value.ToArray())).Length > 0);

    /// <inheritdoc/>
    public ImmutableArray<RingRecord> LatestRings(int count) => Guarded(() =>
        ReadAll($"SELECT {RingColumns} FROM ring ORDER BY started_at DESC, id LIMIT $count", ReadRing, ("$count", count)));

    /// <inheritdoc/>
    public ImmutableArray<RingStoryLine> Story(RingId ring) => Guarded(() => ReadAll(
        "SELECT at, what FROM ring_story WHERE ring = $ring ORDER BY line",
        static row => new RingStoryLine(row.Time(0), row.GetString(1)),
        ("$ring", ring.Value.ToArray())));

    /// <inheritdoc/>
    public ImmutableArray<PhantomFee> PhantomFees(DateTimeOffset since, int count) => Guarded(() => ReadAll(
        "SELECT channel, htlc_id, ring, outgoing, amount, fee, settled_at FROM phantom_fee WHERE settled_at >= $since"
        + " ORDER BY settled_at DESC, channel, htlc_id LIMIT $count",
        static row => new PhantomFee(row.Key(0), new RingId(row.Bytes32(2)), row.Scid(3), row.Msat(4), row.Msat(5), row.Time(6)),
        ("$since", since.ToUnixTimeMilliseconds()),
        ("$count", count)));

    /// <inheritdoc/>
    public ImmutableArray<DayFigures> Days(DateOnly first) => Guarded(() => ReadAll(
        DaysQuery,
        static row => new DayFigures(
            DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(row.GetInt64(0))), row.GetInt32(1), row.GetInt32(2), row.Msat(3), row.Msat(4), row.Msat(5)),
        ("$since", new DateTimeOffset(first, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds())));

    /// <inheritdoc/>
    public bool TrySave(WaiverBinding binding, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(binding);

        if (!_binderTurn.TryEnter(timeout))
        {
            return false;
        }

        try
        {
            return !_isDisposed && TryInsert(binding, timeout);
        }
        finally
        {
            _binderTurn.Exit();
        }
    }

    public void Dispose()
    {
        lock (_binderTurn)
        {
            _isDisposed = true;
            _binder.Dispose();
        }

        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _engine.Dispose();
        _guard.Dispose();
    }

    /// <summary>Stands in for a full disk.</summary>
    internal void LimitPages(long pages)
    {
        foreach (var connection in new[] { _engine, _binder })
        {
            Execute(connection, $"PRAGMA max_page_count = {pages}");
        }
    }

    internal static FileStream TakeGuard(string path)
    {
        try
        {
            return new FileStream(path + ".lock", OwnedFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StoreException(
                StoreFault.ReadOnly, $"{Path.GetDirectoryName(Path.GetFullPath(path))} cannot be written: check its owner and mode.", exception);
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new StoreException(StoreFault.ReadOnly, $"{Path.GetDirectoryName(Path.GetFullPath(path))} does not exist.", exception);
        }
        catch (IOException exception) when (exception.HResult == OwnedFile.ReadOnlyFileSystem)
        {
            throw new StoreException(StoreFault.ReadOnly, $"{Path.GetDirectoryName(Path.GetFullPath(path))} is on a read-only file system.", exception);
        }
        catch (IOException exception) when (File.Exists(path + ".lock"))
        {
            throw new StoreException(StoreFault.Locked, $"Another eddy uses {path}: stop it first.", exception);
        }
        catch (IOException exception)
        {
            throw DiskErrors.Translate(exception, path + ".lock");
        }
    }

    /// <summary>SQLite would make it with the umask's mode; it holds secrets.</summary>
    private static void CreateFile(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        try
        {
            OwnedFile.Create(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw DiskErrors.Translate(exception, path);
        }
    }

    /// <summary>To copy from, beside whoever else uses it.</summary>
    internal static SqliteConnection ConnectToCopy(string path) => Connect(path, DefaultBusyTimeout, static _ => { });

    /// <summary>To a file that stands for itself; a log beside it is taken in first, and is none any more.</summary>
    internal static SqliteConnection ConnectSingle(string path)
    {
        OwnedFile.Create(path);
        return Connect(path, DefaultBusyTimeout, static connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = DELETE";
            if (command.ExecuteScalar() is not "delete")
            {
                throw new InvalidOperationException("SQLite keeps the log of a file that nobody else knows.");
            }
        });
    }

    /// <summary>To look at a file that nobody writes and that has no log: SQLite makes nothing beside it and needs no room.</summary>
    internal static SqliteConnection ConnectUnchanging(string path) =>
        Connect($"file:{Uri.EscapeDataString(Path.GetFullPath(path))}?immutable=1", SqliteOpenMode.ReadOnly, DefaultBusyTimeout, static _ => { });

    private static SqliteConnection Connect(string path, TimeSpan busyTimeout) => Connect(path, busyTimeout, static connection =>
    {
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, "PRAGMA synchronous = FULL");
    });

    private static SqliteConnection Connect(string path, TimeSpan busyTimeout, Action<SqliteConnection> prepare) =>
        Connect(path, SqliteOpenMode.ReadWrite, busyTimeout, prepare);

    private static SqliteConnection Connect(string source, SqliteOpenMode mode, TimeSpan busyTimeout, Action<SqliteConnection> prepare)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = source,
            Mode = mode,
            Pooling = false,
            ForeignKeys = true,

            // In seconds, and the least there is: SQLite's own busy time-out below does the waiting.
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            connection.Open();
            SetBusyTimeout(connection, busyTimeout);
            prepare(connection);
            return connection;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    private static void SetBusyTimeout(SqliteConnection connection, TimeSpan timeout) =>
        Execute(connection, $"PRAGMA busy_timeout = {Math.Max(1, (long)timeout.TotalMilliseconds)}");

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private bool TryInsert(WaiverBinding binding, TimeSpan timeout)
    {
        try
        {
            SetBusyTimeout(_binder, timeout);
            using var command = _binder.CreateCommand();
            command.CommandText = $"INSERT INTO binding ({BindingColumns}) VALUES ($channel, $htlc, $ring, $hash, $outgoing, $amount, $fee, $expiry)";
            command.Parameters.AddWithValue("$channel", Stored(binding.Key.Channel.Value));
            command.Parameters.AddWithValue("$htlc", Stored(binding.Key.HtlcId));
            command.Parameters.AddWithValue("$ring", binding.Ring.Value.ToArray());
            command.Parameters.AddWithValue("$hash", binding.Hash.Value.ToArray());
            command.Parameters.AddWithValue("$outgoing", Stored(binding.Outgoing.Value));
            command.Parameters.AddWithValue("$amount", binding.Amount.Value);
            command.Parameters.AddWithValue("$fee", binding.WaivedFee.Value);
            command.Parameters.AddWithValue("$expiry", (long)binding.IncomingExpiry);
            return command.ExecuteNonQuery() == 1;
        }
        catch (SqliteException)
        {
            // Used before, locked, full or broken: whatever it is, this waiver is not used.
            return false;
        }
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, _path);
        }
    }
}
