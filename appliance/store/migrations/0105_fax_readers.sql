-- Who may see faxes by the settings in use (a JSON array of users): nobody else owns a received one. Without a row nobody has said so yet.
CREATE TABLE fax_readers (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    users TEXT    NOT NULL
) STRICT;
