-- A conference room is recorded as a whole: one sound, in which everybody is.
ALTER TABLE recordings ADD COLUMN together INTEGER NOT NULL DEFAULT 0;
