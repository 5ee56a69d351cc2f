-- A folder of the computer did not get the fax: that is not the fate of its mails, which have gone their own way.
-- It is beside the row, as the index below cannot look into fax_deliveries.
ALTER TABLE faxes ADD COLUMN unwritten INTEGER NOT NULL DEFAULT 0;
UPDATE faxes SET unwritten = 1 WHERE id IN (SELECT fax FROM fax_deliveries WHERE state = 'failed');

DROP INDEX faxes_need_person;
-- The condition is NEEDS_PERSON of faxes/read.rs, to the word.
CREATE INDEX faxes_need_person ON faxes (id, direction) WHERE
    ((direction = 'in' AND owner IS NULL AND pages > 0 AND NOT junk AND state <> 'receiving')
     OR state = 'uncertain' OR state = 'held'
     OR (direction = 'out' AND state = 'failed' AND NOT seen)
     OR (delivery = 'failed' AND NOT seen)
     OR (unwritten AND NOT seen));
