-- Each wait of a caller in a queue: which one, since when, how long in milliseconds, and what it came to. Their records are what they were: of calls
-- before this nobody wrote down where they waited.
CREATE TABLE queue_waits (
    call TEXT NOT NULL,
    nth INTEGER NOT NULL,
    queue TEXT NOT NULL,
    since INTEGER NOT NULL,
    millis INTEGER NOT NULL,
    end TEXT NOT NULL,
    PRIMARY KEY (call, nth)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_waits_since ON queue_waits (since, queue);
