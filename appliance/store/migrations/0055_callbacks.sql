-- Callers who left a queue and are to be called back: a row before they are told so, 'dialling' before the line is touched. What a person
-- has to decide ('missed', 'expired', 'unknown') stays open until they have.
CREATE TABLE callbacks (
    id       TEXT    NOT NULL PRIMARY KEY,
    -- The queue's name in the plan.
    queue    TEXT    NOT NULL,
    number   TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    language TEXT    NOT NULL,
    state    TEXT    NOT NULL
        CHECK (state IN ('waiting', 'dialling', 'reached', 'missed', 'expired', 'unknown', 'cancelled')),
    ordered  INTEGER NOT NULL,
    expires  INTEGER NOT NULL,
    changed  INTEGER NOT NULL
) STRICT;
CREATE INDEX callbacks_open ON callbacks (id) WHERE state NOT IN ('reached', 'cancelled');
