-- The ledger, and what is folded from it.
--
-- The ledger is kept in months, for ever. What must be unique is unique in each
-- month, and over all of them because the account's row is locked whenever an entry
-- is made: its number is the account's next one, and a run's own state says whether
-- it still holds. A foreign key would look at the same locked row once per entry.

-- +goose Up
CREATE TABLE entries (
    account_id text        COLLATE "C" NOT NULL,
    seq        bigint      NOT NULL CHECK (seq > 0),
    kind       text        NOT NULL CHECK (kind IN ('credit', 'hold', 'capture', 'release', 'adjust')),
    direction  text        CHECK (direction IN ('up', 'down')),
    amount     bigint      NOT NULL CHECK (amount BETWEEN 100 AND 1000000000000 AND amount % 100 = 0),
    run_id     text        COLLATE "C", -- refers to no table: the ledger outlives runs
    reference  text,
    created_at timestamptz NOT NULL,
    CHECK ((kind = 'adjust') = (direction IS NOT NULL)),
    CHECK ((kind IN ('credit', 'adjust')) = (run_id IS NULL)),
    CHECK (reference IS NULL OR (reference <> '' AND kind IN ('credit', 'adjust')))
) PARTITION BY RANGE (created_at);

-- What was made for no month that there is; a net, empty while the reaper works.
-- Each partition has these two indexes of its own, because an index of the whole
-- could not be unique.
CREATE TABLE entries_other PARTITION OF entries DEFAULT;
CREATE UNIQUE INDEX entries_other_account ON entries_other (account_id, seq);
CREATE UNIQUE INDEX entries_other_run ON entries_other (run_id, kind) WHERE run_id IS NOT NULL;

-- A reference is posted once per account.
CREATE TABLE posted (
    account_id text        COLLATE "C" NOT NULL REFERENCES accounts (id),
    reference  text        NOT NULL CHECK (reference <> ''),
    seq        bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, reference)
);

CREATE TABLE usage_days (
    account_id text   COLLATE "C" NOT NULL REFERENCES accounts (id),
    day        text   COLLATE "C" NOT NULL CHECK (length(day) = 10),
    pack_type  text   COLLATE "C" NOT NULL,
    submitted  bigint NOT NULL DEFAULT 0 CHECK (submitted >= 0),
    completed  bigint NOT NULL DEFAULT 0 CHECK (completed >= 0),
    failed     bigint NOT NULL DEFAULT 0 CHECK (failed >= 0),
    expired    bigint NOT NULL DEFAULT 0 CHECK (expired >= 0),
    canceled   bigint NOT NULL DEFAULT 0 CHECK (canceled >= 0),
    reserved   bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    charged    bigint NOT NULL DEFAULT 0 CHECK (charged >= 0),
    PRIMARY KEY (account_id, day, pack_type)
);

-- +goose Down
DROP TABLE usage_days;
DROP TABLE posted;
DROP TABLE entries;
