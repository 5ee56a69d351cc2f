-- Of a document that is laid out: since when, so that what a person has decided by laying it out again is not asked twice; and that whoever
-- laid it out was told that its time is over. Nobody is told of what was over before.
ALTER TABLE faxes ADD COLUMN offer_since INTEGER;
ALTER TABLE faxes ADD COLUMN offer_told INTEGER NOT NULL DEFAULT 0;
UPDATE faxes SET offer_told = 1 WHERE offer_until <= unixepoch() * 1000;
-- Calls that asked wrongly, which are counted after a restart too.
CREATE INDEX faxes_refused ON faxes (id) WHERE cause = 'fetch_refused';
