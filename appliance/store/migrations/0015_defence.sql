-- What of the defence outlives a restart: the addresses that are blocked, and what was used of the limits of outside calls. One small row,
-- written in groups.
CREATE TABLE defence (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    kept TEXT NOT NULL
) STRICT;
