-- Who is signed in at the console, so that a restart signs nobody out. Of the secret in the browser's cookie only the SHA-256 is here, which opens
-- nothing.
CREATE TABLE sessions (
    hash  BLOB    NOT NULL PRIMARY KEY,
    user  TEXT    NOT NULL,
    begun INTEGER NOT NULL,
    -- When the person last did something, to the minute.
    used  INTEGER NOT NULL,
    -- The end, whatever is done.
    ends  INTEGER NOT NULL,
    -- 1: on a computer of the person's own, where they stay signed in.
    stays INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_of ON sessions (user);
