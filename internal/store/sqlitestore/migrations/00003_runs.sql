-- Runs, and the narrow tables beside them, which know a run by its number n here.
-- Checks say OR where IN would list more than two: SQLite builds a table of such a
-- list for every row that is written.

-- +goose Up
CREATE TABLE runs (
    n                INTEGER PRIMARY KEY,
    id               TEXT    NOT NULL UNIQUE CHECK (id <> ''),
    tenant_id        TEXT    NOT NULL,
    live             INTEGER NOT NULL CHECK (live IN (0, 1)),
    pack_type        TEXT    NOT NULL,
    pack_version     TEXT    NOT NULL,
    profile_version  TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('QUEUED', 'PROCESSING') OR status IN ('COMPLETED', 'FAILED') OR status IN ('EXPIRED', 'CANCELED')),
    money            TEXT    NOT NULL CHECK (money = 'RESERVED' OR money IN ('SETTLED', 'REFUNDED')),
    version          INTEGER NOT NULL CHECK (version > 0),
    attempt          INTEGER NOT NULL CHECK (attempt >= 0),
    losses           INTEGER NOT NULL CHECK (losses BETWEEN 0 AND attempt),
    max_cost         INTEGER NOT NULL CHECK (max_cost > 0),
    timebox_ms       INTEGER NOT NULL CHECK (timebox_ms >= 0),
    min_reliability  INTEGER NOT NULL CHECK (min_reliability BETWEEN 0 AND 1000000),
    inline           INTEGER NOT NULL CHECK (inline IN (0, 1)),
    allow_partial    INTEGER NOT NULL CHECK (allow_partial IN (0, 1)),
    trace_id         TEXT    NOT NULL,
    external_id      TEXT    NOT NULL, -- empty: none
    tags             TEXT,             -- a JSON array; NULL: none
    inputs_key       TEXT    NOT NULL, -- empty: in run_inputs
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL, -- while QUEUED: since when it waits
    queue_expires_at INTEGER NOT NULL,
    deadline         INTEGER NOT NULL,
    completed_at     INTEGER,
    purged_at        INTEGER,
    used             INTEGER NOT NULL CHECK (used BETWEEN 0 AND max_cost),
    result           TEXT,             -- a JSON object
    error            TEXT,             -- a JSON object
    mark             TEXT,             -- of the last transition
    FOREIGN KEY (tenant_id, live) REFERENCES accounts (tenant_id, live),
    CHECK (queue_expires_at <= deadline),
    CHECK (status <> 'PROCESSING' OR attempt > 0),
    CHECK ((status IN ('QUEUED', 'PROCESSING')) = (completed_at IS NULL)),
    CHECK ((money = 'RESERVED') = (completed_at IS NULL)),
    CHECK ((money = 'SETTLED') = (used > 0)),
    CHECK (purged_at IS NULL OR completed_at IS NOT NULL),
    CHECK (result IS NULL OR status = 'COMPLETED'),
    CHECK (error IS NULL OR status = 'FAILED' OR status IN ('EXPIRED', 'CANCELED'))
) STRICT;

-- Lists, newest first.
CREATE INDEX runs_listed ON runs (tenant_id, live, id);
CREATE INDEX runs_listed_pack ON runs (tenant_id, live, pack_type, id);
CREATE INDEX runs_listed_external ON runs (tenant_id, live, external_id, id) WHERE external_id <> '';
CREATE INDEX runs_listed_open ON runs (tenant_id, live, id) WHERE completed_at IS NULL;
CREATE INDEX runs_listed_ended ON runs (tenant_id, live, status, id) WHERE completed_at IS NOT NULL;

-- The queue in its order, and those in it whose time is over.
CREATE INDEX runs_queue ON runs (updated_at, id, queue_expires_at) WHERE status = 'QUEUED';
CREATE INDEX runs_overdue ON runs (queue_expires_at) WHERE status = 'QUEUED';

-- Retention, first of the objects and then of the rows.
CREATE INDEX runs_kept ON runs (completed_at) WHERE completed_at IS NOT NULL AND purged_at IS NULL;
CREATE INDEX runs_purged ON runs (completed_at) WHERE purged_at IS NOT NULL;

CREATE TABLE run_inputs (
    run_n INTEGER PRIMARY KEY REFERENCES runs (n),
    data  BLOB NOT NULL
) STRICT;

-- One row per PROCESSING run.
CREATE TABLE leases (
    run_n      INTEGER PRIMARY KEY REFERENCES runs (n),
    token      TEXT    NOT NULL UNIQUE CHECK (token <> ''),
    expires_at INTEGER NOT NULL,
    done       INTEGER, -- the progress; all NULL before the first heartbeat
    total      INTEGER,
    unit       TEXT,
    metered    INTEGER,
    CHECK ((done IS NULL) = (total IS NULL) AND (done IS NULL) = (unit IS NULL) AND (done IS NULL) = (metered IS NULL))
) STRICT;

CREATE INDEX leases_expiry ON leases (expires_at);

CREATE TABLE idempotency (
    run_n        INTEGER PRIMARY KEY REFERENCES runs (n),
    tenant_id    TEXT    NOT NULL,
    live         INTEGER NOT NULL CHECK (live IN (0, 1)),
    key          TEXT    NOT NULL CHECK (key <> ''),
    payload_hash BLOB    NOT NULL CHECK (length(payload_hash) = 32),
    expires_at   INTEGER NOT NULL,
    UNIQUE (tenant_id, live, key)
) STRICT;

CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- +goose Down
DROP TABLE idempotency;
DROP TABLE leases;
DROP TABLE run_inputs;
DROP TABLE runs;
