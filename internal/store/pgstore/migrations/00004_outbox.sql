-- Events to be told outside.

-- +goose Up
CREATE TABLE outbox (
    id        text        COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    tenant_id text        COLLATE "C" NOT NULL,
    run_id    text        COLLATE "C" NOT NULL,
    type      text        NOT NULL CHECK (type <> ''),
    attempts  integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    at        timestamptz NOT NULL,
    due_at    timestamptz NOT NULL
);

CREATE INDEX outbox_due ON outbox (due_at, id);
CREATE INDEX outbox_run ON outbox (run_id);

-- +goose Down
DROP TABLE outbox;
