-- A document that is laid out for other machines to fetch (T.30 polling), until when, and whether it is given away once. Its subaddress and
-- password (0020, 0060) must be named for it, and our_number must be called, if it has them.
ALTER TABLE faxes ADD COLUMN offer_until INTEGER;
ALTER TABLE faxes ADD COLUMN offer_once INTEGER NOT NULL DEFAULT 0;
CREATE INDEX faxes_offers ON faxes (id) WHERE offer_until IS NOT NULL;
-- Each fetch of it is an outgoing fax of its own, which names it and shows its pages.
ALTER TABLE faxes ADD COLUMN given_of TEXT REFERENCES faxes (id);
CREATE INDEX faxes_by_given ON faxes (given_of) WHERE given_of IS NOT NULL;
