using System.Collections.Immutable;
using Eddy.Engine.Storage;
using Eddy.Forwarding;
using Eddy.Lightning;
using Eddy.Rings;
using Microsoft.Data.Sqlite;

namespace Eddy.Sqlite;

public sealed partial class SqliteStore
{
    private const string RingColumns =
        "id, position, state, is_final, outcome, hash, amount, fee, waived_fee, saved_fee, failure_position, reason, started_at, ended_at,"
        + " format, body";

    private const string BindingColumns = "channel, htlc_id, ring, hash, outgoing, amount, waived_fee, incoming_expiry";

    private const string TotalsQuery =
        """
        SELECT count(*) FILTER (WHERE outcome = 1), count(*) FILTER (WHERE is_final = 1 AND outcome <> 1), count(*) FILTER (WHERE is_final = 0),
            ifnull(sum(amount) FILTER (WHERE outcome = 1), 0), ifnull(sum(waived_fee) FILTER (WHERE outcome = 1), 0),
            ifnull(sum(saved_fee) FILTER (WHERE outcome = 1), 0)
        FROM ring
        """;

    /// <summary>By the time of the end; the start, which has an index, is three weeks earlier at most: no lock time is as long.</summary>
    private const string DaysQuery =
        """
        SELECT day, sum(settled), sum(failed), sum(moved), sum(saved), sum(phantom)
        FROM (
            SELECT ended_at / 86400000 AS day, outcome = 1 AS settled, outcome <> 1 AS failed, iif(outcome = 1, amount, 0) AS moved,
                iif(outcome = 1, saved_fee, 0) AS saved, 0 AS phantom
            FROM ring WHERE started_at >= $since - 1814400000 AND is_final = 1 AND ended_at >= $since
            UNION ALL
            SELECT settled_at / 86400000, 0, 0, 0, 0, fee FROM phantom_fee WHERE settled_at >= $since
        )
        GROUP BY day ORDER BY day
        """;

    /// <summary>SQLite knows signed numbers only; the bits are the same.</summary>
    private static long Stored(ulong value) => unchecked((long)value);

    private static RingRecord ReadRing(SqliteDataReader row) => new(
        new RingId(row.Bytes32(0)),
        row.GetInt32(1),
        row.GetString(2),
        row.GetInt64(3) != 0,
        (RingOutcome)row.GetInt32(4),
        new PaymentHash(row.Bytes32(5)),
        row.Msat(6),
        row.Msat(7),
        row.Msat(8),
        row.Msat(9),
        row.IsDBNull(10) ? null : row.GetInt32(10),
        row.GetString(11),
        row.Time(12),
        row.IsDBNull(13) ? null : row.Time(13),
        row.GetInt32(14),
        row.Blob(15));

    private static WaiverBinding ReadBinding(SqliteDataReader row) => new(
        new RingId(row.Bytes32(2)), new PaymentHash(row.Bytes32(3)), row.Key(0), row.Scid(4), row.Msat(5), row.Msat(6), (uint)row.GetInt64(7));

    private ImmutableArray<T> ReadAll<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = _engine.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        using var reader = command.ExecuteReader();
        var rows = ImmutableArray.CreateBuilder<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows.ToImmutable();
    }
}

/// <summary>Columns as the domain's values.</summary>
internal static class SqliteColumns
{
    public static byte[] Blob(this SqliteDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static Bytes32 Bytes32(this SqliteDataReader row, int column) => new(row.Blob(column));

    public static MilliSatoshi Msat(this SqliteDataReader row, int column) => new(row.GetInt64(column));

    public static ShortChannelId Scid(this SqliteDataReader row, int column) => new(unchecked((ulong)row.GetInt64(column)));

    public static CircuitKey Key(this SqliteDataReader row, int firstColumn) =>
        new(row.Scid(firstColumn), unchecked((ulong)row.GetInt64(firstColumn + 1)));

    public static DateTimeOffset Time(this SqliteDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
