-- What staff switched: a row for each person, by extension, and one for the clinic, whose extension is empty. The state is JSON, which grows
-- with what can be switched.
CREATE TABLE switches (
    extension TEXT NOT NULL PRIMARY KEY,
    state     TEXT NOT NULL
) STRICT;
