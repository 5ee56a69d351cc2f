-- Whom a fax is for inside a house: what is asked of another's machine (with the subaddress of 0020), and what callers say to ours.
ALTER TABLE faxes ADD COLUMN password TEXT NOT NULL DEFAULT '';
ALTER TABLE faxes ADD COLUMN keys TEXT NOT NULL DEFAULT '';
ALTER TABLE faxes ADD COLUMN code TEXT NOT NULL DEFAULT '';
