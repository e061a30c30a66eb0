-- Times are milliseconds since 1970-01-01 UTC, amounts msat, ids and hashes blobs, channel ids 64-bit integers as LND numbers them.

CREATE TABLE ring (
    id               BLOB    NOT NULL PRIMARY KEY,
    position         INTEGER NOT NULL,
    state            TEXT    NOT NULL,
    is_final         INTEGER NOT NULL,
    outcome          INTEGER NOT NULL,
    hash             BLOB    NOT NULL,
    amount           INTEGER NOT NULL,
    fee              INTEGER NOT NULL,
    waived_fee       INTEGER NOT NULL,
    saved_fee        INTEGER NOT NULL,
    failure_position INTEGER,
    reason           TEXT    NOT NULL,
    started_at       INTEGER NOT NULL,
    ended_at         INTEGER,
    format           INTEGER NOT NULL,
    body             BLOB    NOT NULL
);

CREATE INDEX ring_by_start ON ring (started_at);
CREATE INDEX ring_open ON ring (is_final) WHERE is_final = 0;

CREATE TABLE ring_story (
    ring BLOB    NOT NULL REFERENCES ring (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    at   INTEGER NOT NULL,
    what TEXT    NOT NULL,
    PRIMARY KEY (ring, line)
) WITHOUT ROWID;

-- Written by the interceptor's binder before a fee is waived: neither a key nor a ring is ever bound twice.
CREATE TABLE binding (
    channel         INTEGER NOT NULL,
    htlc_id         INTEGER NOT NULL,
    ring            BLOB    NOT NULL UNIQUE,
    hash            BLOB    NOT NULL,
    outgoing        INTEGER NOT NULL,
    amount          INTEGER NOT NULL,
    waived_fee      INTEGER NOT NULL,
    incoming_expiry INTEGER NOT NULL,
    PRIMARY KEY (channel, htlc_id)
) WITHOUT ROWID;

-- What LND's books show as earned and nobody received.
CREATE TABLE phantom_fee (
    channel    INTEGER NOT NULL,
    htlc_id    INTEGER NOT NULL,
    ring       BLOB    NOT NULL,
    outgoing   INTEGER NOT NULL,
    amount     INTEGER NOT NULL,
    fee        INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    PRIMARY KEY (channel, htlc_id)
) WITHOUT ROWID;

CREATE INDEX phantom_fee_by_time ON phantom_fee (settled_at);

-- Effects that were decided and are not known to be done.
CREATE TABLE outbox (
    id   INTEGER NOT NULL PRIMARY KEY,
    ring BLOB    NOT NULL,
    kind TEXT    NOT NULL,
    body BLOB    NOT NULL
);

CREATE TABLE setting (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE back_off (
    key      TEXT    NOT NULL PRIMARY KEY,
    until    INTEGER NOT NULL,
    failures INTEGER NOT NULL
) WITHOUT ROWID;

-- Day 0 holds what is counted for good.
CREATE TABLE daily_counter (
    day   INTEGER NOT NULL,
    key   TEXT    NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (day, key)
) WITHOUT ROWID;
