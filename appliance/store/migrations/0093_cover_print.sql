-- What a cover of ours says without its time of day: where it is the only page it makes two faxes the same.
ALTER TABLE faxes ADD COLUMN cover_print BLOB;
