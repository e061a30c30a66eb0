using Eddy.Engine.Storage;
using Eddy.Engine.Views;
using Eddy.Forwarding;
using Eddy.Rings;
using Microsoft.Data.Sqlite;

namespace Eddy.Sqlite;

public sealed partial class SqliteStore
{
    private SqliteTransaction? _transaction;

    /// <inheritdoc/>
    public void Commit(StoreBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);

        try
        {
            // Takes the write lock at once: a transaction that had to be upgraded could fail in the middle.
            using var transaction = _engine.BeginTransaction(deferred: false);
            _transaction = transaction;
            Write(batch);
            transaction.Commit();
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, _path);
        }
        finally
        {
            _transaction = null;
        }
    }

    private void Write(StoreBatch batch)
    {
        foreach (var ring in batch.Rings)
        {
            Write(ring);
        }

        foreach (var (ring, line) in batch.Story)
        {
            Write(ring, line);
        }

        foreach (var id in batch.OutboxDone)
        {
            Run("DELETE FROM outbox WHERE id = $id", ("$id", id));
        }

        foreach (var entry in batch.OutboxAdded)
        {
            Run("INSERT INTO outbox (id, ring, kind, body) VALUES ($id, $ring, $kind, $body)",
                ("$id", entry.Id), ("$ring", entry.Ring.Value.ToArray()), ("$kind", entry.Kind), ("$body", entry.Payload.ToArray()));
        }

        foreach (var (key, value) in batch.Settings)
        {
            Run("INSERT OR REPLACE INTO setting (key, value) VALUES ($key, $value)", ("$key", key), ("$value", value));
        }

        foreach (var (key, record) in batch.BackOffs)
        {
            Write(key, record);
        }

        foreach (var ((day, key), value) in batch.Counters)
        {
            Run("INSERT OR REPLACE INTO daily_counter (day, key, value) VALUES ($day, $key, $value)",
                ("$day", day), ("$key", key), ("$value", value));
        }

        foreach (var fee in batch.PhantomFees)
        {
            Write(fee);
        }

        foreach (var key in batch.BindingsEnded)
        {
            Run("DELETE FROM binding WHERE channel = $channel AND htlc_id = $htlc",
                ("$channel", Stored(key.Channel.Value)), ("$htlc", Stored(key.HtlcId)));
        }

        if (batch.ForgetCountersBefore is { } firstDay)
        {
            Run("DELETE FROM daily_counter WHERE day > 0 AND day < $day", ("$day", firstDay));
        }

        if (batch.ForgetFailuresBefore is { } time)
        {
            Run("DELETE FROM ring WHERE is_final = 1 AND outcome <> $settled AND ended_at < $time",
                ("$settled", (int)RingOutcome.Settled), ("$time", time.ToUnixTimeMilliseconds()));
        }

        if (batch.MostFailures is { } most)
        {
            Run("DELETE FROM ring WHERE id IN (SELECT id FROM ring WHERE is_final = 1 AND outcome <> $settled"
                + " ORDER BY ended_at DESC, id LIMIT -1 OFFSET $most)",
                ("$settled", (int)RingOutcome.Settled), ("$most", most));
        }
    }

    private void Write(RingRecord ring) => Run(
        $"""
        INSERT INTO ring ({RingColumns}) VALUES ($id, $position, $state, $isFinal, $outcome, $hash, $amount, $fee, $waivedFee, $savedFee,
            $failurePosition, $reason, $startedAt, $endedAt, $format, $body)
        ON CONFLICT (id) DO UPDATE SET position = excluded.position, state = excluded.state, is_final = excluded.is_final,
            outcome = excluded.outcome, hash = excluded.hash, amount = excluded.amount, fee = excluded.fee,
            waived_fee = excluded.waived_fee, saved_fee = excluded.saved_fee, failure_position = excluded.failure_position,
            reason = excluded.reason, started_at = excluded.started_at, ended_at = excluded.ended_at, format = excluded.format,
            body = excluded.body
        """,
        ("$id", ring.Id.Value.ToArray()),
        ("$position", ring.Position),
        ("$state", ring.State),
        ("$isFinal", ring.IsFinal ? 1 : 0),
        ("$outcome", (int)ring.Outcome),
        ("$hash", ring.Hash.Value.ToArray()),
        ("$amount", ring.Amount.Value),
        ("$fee", ring.Fee.Value),
        ("$waivedFee", ring.WaivedFee.Value),
        ("$savedFee", ring.SavedFee.Value),
        ("$failurePosition", ring.FailurePosition is { } position ? position : DBNull.Value),
        ("$reason", ring.Reason),
        ("$startedAt", ring.StartedAt.ToUnixTimeMilliseconds()),
        ("$endedAt", ring.EndedAt is { } endedAt ? endedAt.ToUnixTimeMilliseconds() : DBNull.Value),
        ("$format", ring.Format),
        ("$body", ring.Blob.ToArray()));

    private void Write(RingId ring, RingStoryLine line) => Run(
        """
        INSERT INTO ring_story (ring, line, at, what)
        VALUES ($ring, (SELECT ifnull(max(line), 0) + 1 FROM ring_story WHERE ring = $ring), $at, $what)
        """,
        ("$ring", ring.Value.ToArray()),
        ("$at", line.At.ToUnixTimeMilliseconds()),
        ("$what", line.What));

    private void Write(string key, BackOffRecord? record)
    {
        if (record is null)
        {
            Run("DELETE FROM back_off WHERE key = $key", ("$key", key));
            return;
        }

        Run("INSERT OR REPLACE INTO back_off (key, until, failures) VALUES ($key, $until, $failures)",
            ("$key", key), ("$until", record.Until.ToUnixTimeMilliseconds()), ("$failures", record.Failures));
    }

    private void Write(PhantomFee fee) => Run(
        """
        INSERT OR IGNORE INTO phantom_fee (channel, htlc_id, ring, outgoing, amount, fee, settled_at)
        VALUES ($channel, $htlc, $ring, $outgoing, $amount, $fee, $at)
        """,
        ("$channel", Stored(fee.Key.Channel.Value)),
        ("$htlc", Stored(fee.Key.HtlcId)),
        ("$ring", fee.Ring.Value.ToArray()),
        ("$outgoing", Stored(fee.Outgoing.Value)),
        ("$amount", fee.Amount.Value),
        ("$fee", fee.Fee.Value),
        ("$at", fee.SettledAt.ToUnixTimeMilliseconds()));

    /// <summary>Statements are prepared once: the engine runs the same few for every step.</summary>
    private void Run(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _engine.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        command.Transaction = _transaction;
        command.Parameters.Clear();
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }
}
