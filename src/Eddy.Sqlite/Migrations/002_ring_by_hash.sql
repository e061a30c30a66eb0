-- A payment hash is never used in a second ring.
CREATE INDEX IF NOT EXISTS ring_by_hash ON ring (hash);
