-- A person's word that a fax arrived stands with the fax (done_by, done_at). Of earlier decisions the audit alone knows whose it was.
UPDATE faxes SET done_by = said.by, done_at = said.at
FROM (SELECT subject, by, max(at) AS at FROM audit WHERE what = 'fax_arrived' GROUP BY subject) AS said
WHERE faxes.id = said.subject AND faxes.state = 'sent' AND faxes.done_by IS NULL;
