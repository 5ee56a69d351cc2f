-- Recordings of calls, in parts of at most a second, each durable by itself. They stay in parts: an hour is never held in one piece, and a
-- player gets the minute that it asks for.
CREATE TABLE recordings (
    id         TEXT    NOT NULL PRIMARY KEY,
    call       TEXT    NOT NULL UNIQUE,
    state      TEXT    NOT NULL CHECK (state IN ('recording', 'kept', 'deleted')),
    -- Our people who talked, with a space between them.
    extensions TEXT    NOT NULL,
    -- The call's record as it would be if the program ended now (JSON).
    record     TEXT    NOT NULL,
    -- The times of which nothing was kept (JSON).
    pauses     TEXT    NOT NULL DEFAULT '[]',
    -- Samples of each side.
    frames     INTEGER NOT NULL DEFAULT 0,
    -- Why it must not go; NULL: it may.
    hold       TEXT,
    created    INTEGER NOT NULL,
    ended      INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    keep_until INTEGER NOT NULL
) STRICT;
CREATE INDEX recordings_open ON recordings (id) WHERE state = 'recording';
CREATE INDEX recordings_by_end ON recordings (keep_until) WHERE hold IS NULL;

CREATE TABLE recording_parts (
    recording TEXT    NOT NULL REFERENCES recordings (id),
    number    INTEGER NOT NULL,
    -- Where it begins, and how many samples of each side it has.
    start     INTEGER NOT NULL,
    frames    INTEGER NOT NULL,
    -- How loud each side is, from 0 to 100: the picture of it needs no key.
    caller    INTEGER NOT NULL,
    callee    INTEGER NOT NULL,
    -- The caller's side, then the other, a byte for a sample.
    body      TEXT    NOT NULL REFERENCES blobs (id) ON DELETE CASCADE,
    PRIMARY KEY (recording, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_parts_by_body ON recording_parts (body);
