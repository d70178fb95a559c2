-- The ledger, and what is folded from it.
-- Checks say OR where IN would list more than two: SQLite builds a table of such a
-- list for every row that is written.

-- +goose Up
CREATE TABLE entries (
    account_id TEXT    NOT NULL REFERENCES accounts (id),
    seq        INTEGER NOT NULL CHECK (seq > 0),
    kind       TEXT    NOT NULL CHECK (kind IN ('credit', 'adjust') OR kind = 'hold' OR kind IN ('capture', 'release')),
    direction  TEXT    CHECK (direction IN ('up', 'down')),
    amount     INTEGER NOT NULL CHECK (amount BETWEEN 100 AND 1000000000000 AND amount % 100 = 0),
    run_id     TEXT, -- refers to no table: the ledger outlives runs
    reference  TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, seq),
    CHECK ((kind = 'adjust') = (direction IS NOT NULL)),
    CHECK ((kind IN ('credit', 'adjust')) = (run_id IS NULL)),
    CHECK (reference IS NULL OR (reference <> '' AND kind IN ('credit', 'adjust')))
) STRICT, WITHOUT ROWID;

-- A run holds, captures and releases once; a reference is posted once.
CREATE UNIQUE INDEX entries_run ON entries (run_id, kind) WHERE run_id IS NOT NULL;
CREATE UNIQUE INDEX entries_reference ON entries (account_id, reference) WHERE reference IS NOT NULL;

CREATE TABLE usage_days (
    account_id TEXT    NOT NULL REFERENCES accounts (id),
    day        TEXT    NOT NULL CHECK (length(day) = 10),
    pack_type  TEXT    NOT NULL,
    submitted  INTEGER NOT NULL DEFAULT 0 CHECK (submitted >= 0),
    completed  INTEGER NOT NULL DEFAULT 0 CHECK (completed >= 0),
    failed     INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    expired    INTEGER NOT NULL DEFAULT 0 CHECK (expired >= 0),
    canceled   INTEGER NOT NULL DEFAULT 0 CHECK (canceled >= 0),
    reserved   INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    charged    INTEGER NOT NULL DEFAULT 0 CHECK (charged >= 0),
    PRIMARY KEY (account_id, day, pack_type)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE usage_days;
DROP TABLE entries;
