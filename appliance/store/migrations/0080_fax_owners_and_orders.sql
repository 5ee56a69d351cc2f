-- Whose a received fax has been: who changed that, and when. Without an owner it was laid back, and waits for a person again.
CREATE TABLE fax_owners (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    fax    TEXT    NOT NULL REFERENCES faxes (id),
    at     INTEGER NOT NULL,
    by     TEXT    NOT NULL,
    before TEXT,
    owner  TEXT
) STRICT;
CREATE INDEX fax_owners_of ON fax_owners (fax, id);
-- Of those that were taken before, the audit knows by whom: there was no way to give one on.
INSERT INTO fax_owners (fax, at, by, owner)
SELECT faxes.id, min(audit.at), audit.by, audit.by FROM audit JOIN faxes ON faxes.id = audit.subject
WHERE audit.what = 'fax_taken' AND faxes.direction = 'in' AND faxes.owner = audit.by
GROUP BY faxes.id, audit.by ORDER BY min(audit.number);
-- Of a fax that was given to somebody, the change that they are told of.
ALTER TABLE outbox ADD COLUMN given INTEGER REFERENCES fax_owners (id);
-- What a person has to look after, when seven years of faxes lie behind it. The condition is MINE of faxes/read.rs, to the word.
CREATE INDEX faxes_mine ON faxes (owner, id) WHERE direction = 'in' AND done_at IS NULL AND NOT junk;

-- One order may go to several numbers: each fax has its place under the key of the order.
ALTER TABLE faxes ADD COLUMN order_place INTEGER NOT NULL DEFAULT 0;
DROP INDEX faxes_by_order_key;
CREATE UNIQUE INDEX faxes_by_order_key ON faxes (ordered_by, order_key, order_place) WHERE order_key IS NOT NULL;
-- What became of the last faxes to a number is asked of each number before it is sent to.
CREATE INDEX faxes_to ON faxes (number, id) WHERE direction = 'out';
