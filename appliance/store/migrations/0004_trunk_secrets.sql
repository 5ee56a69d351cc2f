-- What carriers demand of us. A digest needs the password itself: the realm is the carrier's to name.
CREATE TABLE trunk_secrets (
    trunk    TEXT NOT NULL PRIMARY KEY,
    user     TEXT NOT NULL,
    password TEXT NOT NULL
) STRICT;
