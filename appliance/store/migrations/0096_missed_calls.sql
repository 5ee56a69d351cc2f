-- Calls to the clinic that nobody took, as work: until somebody calls back, they get through, or a person says that it is done. What is not here is
-- none: calls of before this count as done.
CREATE TABLE missed_calls (
    call    TEXT    NOT NULL PRIMARY KEY,
    -- Whom to call back; empty if they showed no number.
    number  TEXT    NOT NULL,
    started INTEGER NOT NULL,
    state   TEXT    NOT NULL CHECK (state IN ('open', 'taken', 'marked', 'called_back', 'came_through')),
    -- Who has taken it, marked it or called back, and when; nobody while it is open.
    by      TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    -- The call in which somebody talked with them.
    via     TEXT
) STRICT;
CREATE INDEX missed_calls_open ON missed_calls (call, number) WHERE state IN ('open', 'taken');
CREATE INDEX missed_calls_of ON missed_calls (number);
