-- What of a mail was left out of the fax that it ordered: names, for its receipt.
ALTER TABLE faxes ADD COLUMN left_out TEXT NOT NULL DEFAULT '';
