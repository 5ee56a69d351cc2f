-- The dial plans that went live, each whole; the newest is the one that holds. Only the last few are kept.
CREATE TABLE plans (
    generation INTEGER PRIMARY KEY AUTOINCREMENT,
    text       TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
