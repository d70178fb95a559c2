-- Customers, what they may spend, and the keys they come with.
-- Times are milliseconds since 1970 in UTC, money is micros of a US dollar.

-- +goose Up
CREATE TABLE meta (
    only  INTEGER PRIMARY KEY CHECK (only = 1),
    epoch INTEGER NOT NULL CHECK (epoch > 0)
) STRICT;

INSERT INTO meta (only, epoch) VALUES (1, 1);

CREATE TABLE tenants (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    tenant_id     TEXT    NOT NULL REFERENCES tenants (id),
    live          INTEGER NOT NULL CHECK (live IN (0, 1)),
    credited      INTEGER NOT NULL DEFAULT 0 CHECK (credited >= 0),
    available     INTEGER NOT NULL DEFAULT 0 CHECK (available >= 0),
    held          INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    spent         INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    open_runs     INTEGER NOT NULL DEFAULT 0 CHECK (open_runs >= 0),
    suspended     INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    version       INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
    seq           INTEGER NOT NULL DEFAULT 0 CHECK (seq >= 0),
    sealed_seq    INTEGER NOT NULL DEFAULT 0 CHECK (sealed_seq BETWEEN 0 AND seq),
    sealed_digest BLOB    NOT NULL DEFAULT (zeroblob(32)) CHECK (length(sealed_digest) = 32),
    CHECK (credited = available + held + spent),
    UNIQUE (tenant_id, live)
) STRICT, WITHOUT ROWID;

-- The accounts that the sealer has work in.
CREATE INDEX accounts_unsealed ON accounts (id) WHERE seq > sealed_seq;

CREATE TABLE keys (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    tenant_id  TEXT    REFERENCES tenants (id), -- NULL: an operator's
    name       TEXT    NOT NULL,
    live       INTEGER NOT NULL CHECK (live IN (0, 1)),
    scopes     TEXT    NOT NULL CHECK (json_type(scopes) = 'array'),
    hash       BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX keys_tenant ON keys (tenant_id, created_at, id);

-- +goose Down
DROP TABLE keys;
DROP TABLE accounts;
DROP TABLE tenants;
DROP TABLE meta;
