-- When somebody took the call: not a menu, a queue, an announcement or a mailbox in their stead. Of calls before, whoever answered did.
ALTER TABLE calls ADD COLUMN taken INTEGER;
UPDATE calls SET taken = answered;
-- Those whose parties 0079 made small as SQLite does, which knows the letters of ASCII alone: the program makes them small when it opens the
-- store, and empties this.
CREATE TABLE calls_to_fold (id TEXT NOT NULL PRIMARY KEY) STRICT;
INSERT INTO calls_to_fold (id) SELECT id FROM calls WHERE parties GLOB '*[^' || char(1) || '-' || char(127) || ']*';
