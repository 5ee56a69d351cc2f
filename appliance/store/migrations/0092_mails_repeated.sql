-- When the sender of a mail was last told that it came again, and that nothing of it was faxed.
ALTER TABLE accepted_mails ADD COLUMN repeated INTEGER;
