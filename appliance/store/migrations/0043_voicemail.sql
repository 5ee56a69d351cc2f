-- Messages that callers left. While one is recorded its sound lies in parts of at most a second, each durable by itself; when it ends they
-- become one body.
CREATE TABLE voicemails (
    id         TEXT    NOT NULL PRIMARY KEY,
    -- The extension that it is for.
    mailbox    TEXT    NOT NULL,
    call       TEXT    NOT NULL,
    number     TEXT,
    name       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('recording', 'new', 'kept', 'deleted')),
    -- What it was before it was deleted.
    before     TEXT,
    urgent     INTEGER NOT NULL DEFAULT 0,
    rate       INTEGER NOT NULL DEFAULT 0,
    millis     INTEGER NOT NULL DEFAULT 0,
    -- How loud each part of it is, a byte from 0 to 100 each: the picture of it needs no key.
    peaks      BLOB    NOT NULL DEFAULT x'',
    body       TEXT    REFERENCES blobs (id),
    created    INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    retention  TEXT    NOT NULL,
    keep_until INTEGER NOT NULL,
    -- Its owner is still to be told.
    to_tell    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX voicemails_by_mailbox ON voicemails (mailbox, id);
CREATE INDEX voicemails_open ON voicemails (id) WHERE state = 'recording' OR to_tell;

CREATE TABLE voicemail_parts (
    voicemail TEXT    NOT NULL REFERENCES voicemails (id),
    number    INTEGER NOT NULL,
    rate      INTEGER NOT NULL,
    body      TEXT    NOT NULL REFERENCES blobs (id),
    PRIMARY KEY (voicemail, number)
) STRICT, WITHOUT ROWID;

-- What callers hear before they leave a message, where a person has recorded something of their own.
CREATE TABLE greetings (
    mailbox TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    rate    INTEGER NOT NULL,
    body    TEXT    NOT NULL REFERENCES blobs (id),
    changed INTEGER NOT NULL,
    PRIMARY KEY (mailbox, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox_pins (
    mailbox       TEXT    NOT NULL PRIMARY KEY,
    hash          TEXT    NOT NULL,
    -- Wrong ones in a row, and until when none is looked at.
    wrong         INTEGER NOT NULL DEFAULT 0,
    blocked_until INTEGER NOT NULL DEFAULT 0
) STRICT;

ALTER TABLE outgoing_mails ADD COLUMN voicemail TEXT;
