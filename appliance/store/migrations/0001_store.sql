-- Times are milliseconds since 1970 (UTC). Identities are ULIDs as text. Enumerations are the stable words of `model`.
-- The file as a whole is encrypted (SQLCipher); bodies are sealed once more, each by a key of its own (see blobs.rs).

-- A sealed body. `dek` is its own key, wrapped by the class key `key_id`; removing either makes the body unreadable.
CREATE TABLE blobs (
    id      TEXT    NOT NULL PRIMARY KEY,
    class   TEXT    NOT NULL,
    key_id  TEXT    NOT NULL,
    dek     BLOB    NOT NULL,
    prefix  BLOB    NOT NULL,
    size    INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX blobs_by_key ON blobs (key_id);

CREATE TABLE blob_chunks (
    blob   TEXT    NOT NULL REFERENCES blobs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    sealed BLOB    NOT NULL,
    UNIQUE (blob, number)
) STRICT;

CREATE TABLE accepted_mails (
    id      TEXT    NOT NULL PRIMARY KEY,
    -- A mail that comes a second time, since its client never heard that we have it, is known by this.
    fingerprint BLOB NOT NULL UNIQUE,
    by      TEXT    NOT NULL,
    sender  TEXT    NOT NULL,
    body    TEXT    NOT NULL REFERENCES blobs (id),
    size    INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE faxes (
    id              TEXT    NOT NULL PRIMARY KEY,
    direction       TEXT    NOT NULL CHECK (direction IN ('in', 'out')),
    door            TEXT,
    state           TEXT    NOT NULL,
    number          TEXT,
    our_number      TEXT,
    subject         TEXT    NOT NULL,
    ordered_by      TEXT,
    owner           TEXT,
    created         INTEGER NOT NULL,
    changed         INTEGER NOT NULL,
    pages           INTEGER NOT NULL DEFAULT 0,
    pages_confirmed INTEGER NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_at         INTEGER,
    cause           TEXT,
    reason          TEXT,
    remote_ident    TEXT    NOT NULL DEFAULT '',
    delivery        TEXT    NOT NULL DEFAULT 'none',
    receipt_to      TEXT,
    mail            TEXT    REFERENCES accepted_mails (id),
    mail_position   INTEGER,
    retention       TEXT    NOT NULL,
    keep_until      INTEGER NOT NULL,
    -- A person has looked at it since it last came into a state that needs one.
    seen            INTEGER NOT NULL DEFAULT 0,
    -- The job key: one mail orders one fax per position, however often it is accepted.
    UNIQUE (mail, mail_position)
) STRICT;
CREATE INDEX faxes_open ON faxes (id) WHERE state IN ('rendering', 'waiting', 'sending', 'receiving');
-- Those that wait for a person: every page of the console asks for them. The condition is NEEDS_PERSON of faxes/read.rs, to the word.
CREATE INDEX faxes_need_person ON faxes (id, direction) WHERE
    ((direction = 'in' AND owner IS NULL AND pages > 0 AND state <> 'receiving')
     OR state = 'uncertain'
     OR (direction = 'out' AND state = 'failed' AND NOT seen)
     OR (delivery = 'failed' AND NOT seen));

CREATE TABLE fax_documents (
    fax        TEXT    NOT NULL REFERENCES faxes (id),
    position   INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    body       TEXT    NOT NULL REFERENCES blobs (id),
    PRIMARY KEY (fax, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE fax_pages (
    fax      TEXT    NOT NULL REFERENCES faxes (id),
    number   INTEGER NOT NULL,
    body     TEXT    NOT NULL REFERENCES blobs (id),
    bad_rows INTEGER NOT NULL DEFAULT 0,
    at       INTEGER NOT NULL,
    PRIMARY KEY (fax, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    id              TEXT    NOT NULL PRIMARY KEY,
    fax             TEXT    NOT NULL REFERENCES faxes (id),
    number          INTEGER NOT NULL,
    line            TEXT    NOT NULL,
    first_page      INTEGER NOT NULL,
    started         INTEGER NOT NULL,
    ended           INTEGER,
    pages_confirmed INTEGER NOT NULL DEFAULT 0,
    last_page_begun INTEGER NOT NULL DEFAULT 0,
    outcome         TEXT,
    trace           TEXT,
    UNIQUE (fax, number),
    CHECK ((ended IS NULL) = (outcome IS NULL))
) STRICT;
-- A fax has at most one attempt on the line, whatever the program believes.
CREATE UNIQUE INDEX attempts_open ON attempts (fax) WHERE ended IS NULL;

CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    fact    TEXT    NOT NULL,
    fax     TEXT    NOT NULL REFERENCES faxes (id),
    settled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_open ON outbox (id) WHERE settled = 0;

CREATE TABLE outgoing_mails (
    id         TEXT    NOT NULL PRIMARY KEY,
    purpose    TEXT    NOT NULL,
    fax        TEXT    REFERENCES faxes (id),
    sender     TEXT    NOT NULL,
    recipient  TEXT    NOT NULL,
    -- Gone as soon as its fate is known: nobody needs it any more.
    body       TEXT    REFERENCES blobs (id),
    state      TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'delivered', 'failed')),
    tries      INTEGER NOT NULL DEFAULT 0,
    created    INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    reply_code INTEGER,
    reply_text TEXT
) STRICT;
CREATE INDEX outgoing_mails_queued ON outgoing_mails (next_at) WHERE state = 'queued';

CREATE TABLE calls (
    id       TEXT    NOT NULL PRIMARY KEY,
    started  INTEGER NOT NULL,
    answered INTEGER,
    -- 1 for a call to the clinic that nobody answered.
    missed   INTEGER NOT NULL,
    record   TEXT    NOT NULL
) STRICT;
CREATE INDEX calls_by_start ON calls (started);

CREATE TABLE bindings (
    user    TEXT    NOT NULL,
    contact TEXT    NOT NULL,
    flow    TEXT    NOT NULL,
    agent   TEXT    NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE alerts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    sentence TEXT    NOT NULL
) STRICT;

-- Each line holds the hash of the line before it (see audit.rs).
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    by      TEXT    NOT NULL,
    what    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    prev    BLOB    NOT NULL,
    hash    BLOB    NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END;

CREATE TABLE settings (
    generation INTEGER PRIMARY KEY,
    text       TEXT    NOT NULL,
    by         TEXT    NOT NULL,
    at         INTEGER NOT NULL
) STRICT;

CREATE TABLE sip_secrets (
    user       TEXT NOT NULL PRIMARY KEY,
    ha1_md5    TEXT NOT NULL,
    ha1_sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE mail_passwords (
    user TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL
) STRICT;

CREATE TABLE tokens (
    hash    BLOB    NOT NULL PRIMARY KEY,
    user    TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER
) STRICT;
