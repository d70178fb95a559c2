-- Customers, what they may spend, and the keys they come with.
-- Money is micros of a US dollar; times have whole milliseconds. Identifiers sort
-- bytewise, because those of runs say when they were made.

-- +goose Up
-- Ends a transaction whose statement changed other rows than it must.
-- +goose StatementBegin
CREATE FUNCTION require(holds boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT holds THEN
        RAISE EXCEPTION 'a row changed under a transaction' USING ERRCODE = 'DPP01';
    END IF;
END
$$;
-- +goose StatementEnd

CREATE TABLE meta (
    one   integer PRIMARY KEY CHECK (one = 1),
    epoch bigint  NOT NULL CHECK (epoch > 0)
);

INSERT INTO meta (one, epoch) VALUES (1, 1);

CREATE TABLE tenants (
    id         text        COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    name       text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX tenants_listed ON tenants (created_at, id);

-- No indexed column changes with a balance, so that an update stays on its page.
CREATE TABLE accounts (
    id            text    COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    tenant_id     text    COLLATE "C" NOT NULL REFERENCES tenants (id),
    live          boolean NOT NULL,
    credited      bigint  NOT NULL DEFAULT 0 CHECK (credited >= 0),
    available     bigint  NOT NULL DEFAULT 0 CHECK (available >= 0),
    held          bigint  NOT NULL DEFAULT 0 CHECK (held >= 0),
    spent         bigint  NOT NULL DEFAULT 0 CHECK (spent >= 0),
    open_runs     bigint  NOT NULL DEFAULT 0 CHECK (open_runs >= 0),
    suspended     boolean NOT NULL DEFAULT false,
    version       bigint  NOT NULL DEFAULT 1 CHECK (version > 0),
    seq           bigint  NOT NULL DEFAULT 0 CHECK (seq >= 0),
    sealed_seq    bigint  NOT NULL DEFAULT 0 CHECK (sealed_seq BETWEEN 0 AND seq),
    sealed_digest bytea   NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (length(sealed_digest) = 32),
    unsealed      boolean NOT NULL DEFAULT false, -- a column, because an index on seq itself would change all the time
    CHECK (unsealed = (seq > sealed_seq)),
    CHECK (credited = available + held + spent),
    UNIQUE (tenant_id, live)
) WITH (fillfactor = 50);

-- The accounts that the sealer has work in.
CREATE INDEX accounts_unsealed ON accounts (id) WHERE unsealed;

CREATE TABLE keys (
    id         text        COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    tenant_id  text        COLLATE "C" REFERENCES tenants (id), -- NULL: an operator's
    name       text        NOT NULL,
    live       boolean     NOT NULL,
    scopes     text[]      NOT NULL,
    hash       bytea       NOT NULL UNIQUE CHECK (length(hash) = 32),
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE INDEX keys_tenant ON keys (tenant_id, created_at, id);

-- +goose Down
DROP TABLE keys;
DROP TABLE accounts;
DROP TABLE tenants;
DROP TABLE meta;
DROP FUNCTION require(boolean);
