-- The messages of calls, packed (see messages.rs): diagnostic, of the same class as the calls themselves, and kept for a shorter time.
CREATE TABLE ladders (
    number INTEGER PRIMARY KEY,
    call   TEXT    NOT NULL UNIQUE,
    packed BLOB    NOT NULL
) STRICT;

-- Messages that were refused before they could become a call or a registration; packed the same way.
CREATE TABLE turned_away (
    number INTEGER PRIMARY KEY,
    code   INTEGER NOT NULL,
    packed BLOB    NOT NULL
) STRICT;
