-- Messages of calls that ended together, packed together: what one call's phones say, the next one's say again. A ladder of such a piece has its
-- place there and no text of its own. A piece has the number of the newest of its ladders, and goes when no ladder is as old.
CREATE TABLE pieces (
    number INTEGER PRIMARY KEY,
    packed BLOB    NOT NULL
) STRICT;
ALTER TABLE ladders ADD COLUMN piece INTEGER;
ALTER TABLE ladders ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
