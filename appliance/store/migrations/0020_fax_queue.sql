-- What the person who ordered a fax wishes of its sending, and what the queue has learned for it.
ALTER TABLE faxes ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
-- Not dialled before: the time to recall it, or a time that was asked for.
ALTER TABLE faxes ADD COLUMN not_before INTEGER;
-- The first page is a cover of ours, with the time of day on it.
ALTER TABLE faxes ADD COLUMN cover INTEGER NOT NULL DEFAULT 0;
-- How the next attempt is made (JSON); NULL: as experience with the number says.
ALTER TABLE faxes ADD COLUMN manner TEXT;
-- A program that asks twice under one key has ordered one fax.
ALTER TABLE faxes ADD COLUMN order_key TEXT;
ALTER TABLE faxes ADD COLUMN order_print BLOB;
CREATE UNIQUE INDEX faxes_by_order_key ON faxes (ordered_by, order_key) WHERE order_key IS NOT NULL;
-- What makes two faxes the same: a hash of their pages, and the fax that this one repeats.
ALTER TABLE faxes ADD COLUMN pages_print BLOB;
ALTER TABLE faxes ADD COLUMN twin TEXT REFERENCES faxes (id);
CREATE INDEX faxes_by_print ON faxes (pages_print, number) WHERE pages_print IS NOT NULL;

-- Where a received fax stands, and what became of it.
ALTER TABLE faxes ADD COLUMN folder TEXT;
ALTER TABLE faxes ADD COLUMN junk INTEGER NOT NULL DEFAULT 0;
ALTER TABLE faxes ADD COLUMN done_by TEXT;
ALTER TABLE faxes ADD COLUMN done_at INTEGER;
ALTER TABLE faxes ADD COLUMN subaddress TEXT NOT NULL DEFAULT '';
-- Kept whatever the calendar says: somebody may be asked for it by law.
ALTER TABLE faxes ADD COLUMN legal_hold INTEGER NOT NULL DEFAULT 0;
CREATE INDEX faxes_by_keep_until ON faxes (keep_until);

DROP INDEX faxes_need_person;
-- The condition is NEEDS_PERSON of faxes/read.rs, to the word.
CREATE INDEX faxes_need_person ON faxes (id, direction) WHERE
    ((direction = 'in' AND owner IS NULL AND pages > 0 AND NOT junk AND state <> 'receiving')
     OR state = 'uncertain' OR state = 'held'
     OR (direction = 'out' AND state = 'failed' AND NOT seen)
     OR (delivery = 'failed' AND NOT seen));

-- What experience has taught about the machine behind a number.
CREATE TABLE fax_machines (
    number  TEXT    NOT NULL PRIMARY KEY,
    profile TEXT    NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX fax_machines_by_change ON fax_machines (changed);

-- Callers whose faxes staff do not want: their calls are not answered.
CREATE TABLE fax_blocks (
    number TEXT    NOT NULL PRIMARY KEY,
    by     TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

-- The ways of a received fax other than mail: into a folder of the computer, or until a program has fetched it. Each has a fate of
-- its own.
CREATE TABLE fax_deliveries (
    fax     TEXT    NOT NULL REFERENCES faxes (id),
    way     TEXT    NOT NULL,
    target  TEXT    NOT NULL,
    state   TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'delivered', 'failed')),
    tries   INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    why     TEXT,
    PRIMARY KEY (fax, way, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX fax_deliveries_queued ON fax_deliveries (way, next_at) WHERE state = 'queued';
