-- A person has recalled the fax while this attempt was on the line: whatever ends the attempt, a power cut too, it is not called again.
ALTER TABLE attempts ADD COLUMN recalled_by TEXT;
