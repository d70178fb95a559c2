CREATE TABLE object (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    media_type TEXT    NOT NULL,
    size       INTEGER NOT NULL CHECK (size >= 0),
    sha256     TEXT    NOT NULL CHECK (length(sha256) = 64),
    metadata   TEXT    NOT NULL CHECK (json_valid(metadata)),
    stored_at  INTEGER NOT NULL, -- Unix milliseconds
    file       TEXT,             -- below files/, where the content is not here
    content    BLOB,             -- last, so that a list need not read past it
    CHECK ((file IS NULL) <> (content IS NULL)),
    CHECK (content IS NULL OR length(content) = size)
) STRICT;

CREATE UNIQUE INDEX object_file ON object (file) WHERE file IS NOT NULL;
