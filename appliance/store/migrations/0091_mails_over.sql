-- Mails whose fate is known, and that belong to no fax, go after their time.
CREATE INDEX outgoing_mails_over ON outgoing_mails (changed) WHERE state <> 'queued' AND fax IS NULL;
