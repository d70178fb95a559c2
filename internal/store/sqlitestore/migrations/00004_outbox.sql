-- Events to be told outside.

-- +goose Up
CREATE TABLE outbox (
    id        TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    tenant_id TEXT    NOT NULL REFERENCES tenants (id),
    run_id    TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    type      TEXT    NOT NULL CHECK (type <> ''),
    attempts  INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    at        INTEGER NOT NULL,
    due_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (due_at, id);
CREATE INDEX outbox_run ON outbox (run_id);

-- +goose Down
DROP TABLE outbox;
