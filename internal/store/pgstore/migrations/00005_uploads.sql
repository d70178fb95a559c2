-- Files that callers have announced, and which runs use them.

-- +goose Up
CREATE TABLE uploads (
    id         text        COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    tenant_id  text        COLLATE "C" NOT NULL,
    live       boolean     NOT NULL,
    name       text        NOT NULL, -- empty: none
    media_type text        NOT NULL CHECK (media_type <> ''),
    size       bigint      NOT NULL CHECK (size > 0),
    sha256     text        NOT NULL CHECK (length(sha256) IN (0, 64)), -- empty: not told
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    used       boolean     NOT NULL DEFAULT false, -- by a run: what upload_runs says, for the indexes
    FOREIGN KEY (tenant_id, live) REFERENCES accounts (tenant_id, live)
);

-- What nobody uses: how many of an account, and what is left behind.
CREATE INDEX uploads_counted ON uploads (tenant_id, live, expires_at) WHERE NOT used;
CREATE INDEX uploads_unused ON uploads (expires_at, id) WHERE NOT used;

-- A run's row is written in the run's own transaction, and goes when it is purged.
CREATE TABLE upload_runs (
    run_id    text COLLATE "C" NOT NULL,
    upload_id text COLLATE "C" NOT NULL REFERENCES uploads (id),
    PRIMARY KEY (run_id, upload_id)
);

CREATE INDEX upload_runs_upload ON upload_runs (upload_id);

-- +goose Down
DROP TABLE upload_runs;
DROP TABLE uploads;
