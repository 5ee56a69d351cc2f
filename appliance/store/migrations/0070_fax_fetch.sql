-- An order to fetch: the document that another machine holds ready (T.30 polling). It is dialled like a fax and sends nothing.
ALTER TABLE faxes ADD COLUMN fetch INTEGER NOT NULL DEFAULT 0;
-- What came of it is a received fax of its own, which names the order.
ALTER TABLE faxes ADD COLUMN fetched_by TEXT REFERENCES faxes (id);
CREATE INDEX faxes_by_fetch ON faxes (fetched_by) WHERE fetched_by IS NOT NULL;
