-- Runs in months and their small inputs in days, both by the time that a run's
-- identifier tells, and the narrow tables beside them.
--
-- A claim changes no column of runs that an index has in its keys or its condition, so
-- that it stays on its page, which is left half empty for it, and writes no index: what
-- waits is in the queue, what is worked on has a lease. There is no foreign key
-- between these tables: each row is written by who holds the run's or the
-- account's lock, and the audit looks for rows that belong to nothing.

-- +goose Up
CREATE TABLE runs (
    id               text        COLLATE "C" NOT NULL CHECK (id <> ''),
    tenant_id        text        COLLATE "C" NOT NULL,
    live             boolean     NOT NULL,
    pack_type        text        COLLATE "C" NOT NULL,
    pack_version     text        NOT NULL,
    profile_version  text        NOT NULL,
    status           text        COLLATE "C" NOT NULL CHECK (status IN ('QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'EXPIRED', 'CANCELED')),
    money            text        NOT NULL CHECK (money IN ('RESERVED', 'SETTLED', 'REFUNDED')),
    version          bigint      NOT NULL CHECK (version > 0),
    attempt          integer     NOT NULL CHECK (attempt >= 0),
    losses           integer     NOT NULL CHECK (losses BETWEEN 0 AND attempt),
    max_cost         bigint      NOT NULL CHECK (max_cost > 0),
    timebox_ms       bigint      NOT NULL CHECK (timebox_ms >= 0),
    min_reliability  integer     NOT NULL CHECK (min_reliability BETWEEN 0 AND 1000000),
    inline           boolean     NOT NULL,
    allow_partial    boolean     NOT NULL,
    trace_id         text        NOT NULL,
    external_id      text        COLLATE "C" NOT NULL, -- empty: none
    tags             jsonb,                            -- NULL: none
    inputs_key       text        NOT NULL,             -- empty: in run_inputs
    idempotency_key  text        NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL, -- while QUEUED: since when it waits
    queue_expires_at timestamptz NOT NULL,
    deadline         timestamptz NOT NULL,
    completed_at     timestamptz,
    ending           text        COLLATE "C" GENERATED ALWAYS AS (CASE WHEN completed_at IS NOT NULL THEN status END) STORED, -- status is in no index
    purged_at        timestamptz,
    used             bigint      NOT NULL CHECK (used BETWEEN 0 AND max_cost),
    result           jsonb,
    error            jsonb,
    mark             text, -- of the last transition
    PRIMARY KEY (id),
    CHECK (queue_expires_at <= deadline),
    CHECK (status <> 'PROCESSING' OR attempt > 0),
    CHECK ((status IN ('QUEUED', 'PROCESSING')) = (completed_at IS NULL)),
    CHECK ((money = 'RESERVED') = (completed_at IS NULL)),
    CHECK ((money = 'SETTLED') = (used > 0)),
    CHECK (purged_at IS NULL OR completed_at IS NOT NULL),
    CHECK (result IS NULL OR status = 'COMPLETED'),
    CHECK (error IS NULL OR status IN ('FAILED', 'EXPIRED', 'CANCELED'))
) PARTITION BY RANGE (id);

-- Lists, newest first.
CREATE INDEX runs_listed ON runs (tenant_id, live, id);
CREATE INDEX runs_listed_pack ON runs (tenant_id, live, pack_type, id);
CREATE INDEX runs_listed_external ON runs (tenant_id, live, external_id, id) WHERE external_id <> '';
CREATE INDEX runs_listed_open ON runs (tenant_id, live, id) WHERE completed_at IS NULL;
CREATE INDEX runs_listed_ended ON runs (tenant_id, live, ending, id) WHERE ending IS NOT NULL;

-- Retention, first of the objects and then of the rows.
CREATE INDEX runs_kept ON runs (completed_at, id) WHERE completed_at IS NOT NULL AND purged_at IS NULL;
CREATE INDEX runs_purged ON runs (completed_at) WHERE purged_at IS NOT NULL;

-- What was made for no month that there is; a net, empty while the reaper works.
CREATE TABLE runs_other PARTITION OF runs DEFAULT WITH (fillfactor = 50);

CREATE TABLE run_inputs (
    run_id text  COLLATE "C" NOT NULL,
    data   bytea NOT NULL,
    PRIMARY KEY (run_id)
) PARTITION BY RANGE (run_id);

CREATE TABLE run_inputs_other PARTITION OF run_inputs DEFAULT;

-- One row per QUEUED run.
CREATE TABLE queue (
    run_id     text        COLLATE "C" PRIMARY KEY,
    since      timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX queue_order ON queue (since, run_id);
CREATE INDEX queue_overdue ON queue (expires_at);

-- One row per PROCESSING run. A heartbeat changes no indexed column: the few rows
-- that there are, the reaper reads all.
CREATE TABLE leases (
    run_id     text        COLLATE "C" PRIMARY KEY,
    token      text        NOT NULL UNIQUE CHECK (token <> ''),
    expires_at timestamptz NOT NULL,
    done       bigint, -- the progress; all NULL before the first heartbeat
    total      bigint,
    unit       text,
    metered    bigint,
    CHECK ((done IS NULL) = (total IS NULL) AND (done IS NULL) = (unit IS NULL) AND (done IS NULL) = (metered IS NULL))
) WITH (fillfactor = 50);

CREATE TABLE idempotency (
    tenant_id    text        COLLATE "C" NOT NULL,
    live         boolean     NOT NULL,
    key          text        COLLATE "C" NOT NULL CHECK (key <> ''),
    run_id       text        COLLATE "C" NOT NULL,
    payload_hash bytea       NOT NULL CHECK (length(payload_hash) = 32),
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, live, key)
);

CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- +goose Down
DROP TABLE idempotency;
DROP TABLE leases;
DROP TABLE queue;
DROP TABLE run_inputs;
DROP TABLE runs;
