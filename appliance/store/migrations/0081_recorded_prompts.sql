-- What the clinic has recorded in the console for its callers: prompts, what a plan only writes, and its music.
CREATE TABLE recorded_prompts (
    -- "en.goodbye", "music".
    key      TEXT    NOT NULL PRIMARY KEY,
    rate     INTEGER NOT NULL,
    millis   INTEGER NOT NULL,
    body     TEXT    NOT NULL REFERENCES blobs (id),
    by       TEXT    NOT NULL,
    changed  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
