-- The time that the purges believe: it goes back with the clock on the wall, and forward by days at most.
CREATE TABLE purge_clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
-- What was born while the clock was certainly wrong (before 2026-01-01) is kept from when a purge first saw it. Of faxes and messages their
-- keep_until says it all; a recording has days of its own, and a mail has no such column.
ALTER TABLE accepted_mails ADD COLUMN counted_from INTEGER;
ALTER TABLE recordings ADD COLUMN counted_from INTEGER;
CREATE INDEX recordings_born_early ON recordings (id) WHERE created < 1767225600000 AND counted_from IS NULL;
