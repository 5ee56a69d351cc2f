-- Who has seen an alert, so that what nobody saw waits over a restart. Nobody knows it of those before this release: they are over.
ALTER TABLE alerts ADD COLUMN seen_by TEXT;
ALTER TABLE alerts ADD COLUMN seen_at INTEGER;
UPDATE alerts SET seen_by = '';
CREATE INDEX alerts_unseen ON alerts (id) WHERE seen_by IS NULL;
