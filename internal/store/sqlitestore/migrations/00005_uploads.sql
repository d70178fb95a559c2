-- Files that callers have announced, and which runs use them.

-- +goose Up
CREATE TABLE uploads (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    tenant_id  TEXT    NOT NULL,
    live       INTEGER NOT NULL CHECK (live IN (0, 1)),
    name       TEXT    NOT NULL, -- empty: none
    media_type TEXT    NOT NULL CHECK (media_type <> ''),
    size       INTEGER NOT NULL CHECK (size > 0),
    sha256     TEXT    NOT NULL CHECK (length(sha256) IN (0, 64)), -- empty: not told
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
    used       INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)), -- by a run: what upload_runs says, for the indexes
    FOREIGN KEY (tenant_id, live) REFERENCES accounts (tenant_id, live)
) STRICT, WITHOUT ROWID;

-- What nobody uses: how many of an account, and what is left behind.
CREATE INDEX uploads_counted ON uploads (tenant_id, live, expires_at) WHERE used = 0;
CREATE INDEX uploads_unused ON uploads (expires_at, id) WHERE used = 0;

CREATE TABLE upload_runs (
    run_n     INTEGER NOT NULL REFERENCES runs (n),
    upload_id TEXT    NOT NULL REFERENCES uploads (id),
    PRIMARY KEY (run_n, upload_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_runs_upload ON upload_runs (upload_id);

-- +goose Down
DROP TABLE upload_runs;
DROP TABLE uploads;
