-- An alert that somebody calls for help is heard where it is shown, also after a start: the street address that help comes to.
ALTER TABLE alerts ADD COLUMN help TEXT;
-- Whom a call was between, in small letters, to be looked for without reading all that happened in it.
ALTER TABLE calls ADD COLUMN parties TEXT NOT NULL DEFAULT '';
UPDATE calls SET parties = lower(
    coalesce(record ->> '$.from.name', '') || char(10) || coalesce(
        record ->> '$.from.number.E164', record ->> '$.from.number.Internal', record ->> '$.from.number.Short',
        record ->> '$.from.number.Emergency', record ->> '$.from.number.Service', '') || char(10) ||
    coalesce(record ->> '$.to.name', '') || char(10) || coalesce(
        record ->> '$.to.number.E164', record ->> '$.to.number.Internal', record ->> '$.to.number.Short',
        record ->> '$.to.number.Emergency', record ->> '$.to.number.Service', ''));
CREATE INDEX calls_parties ON calls (id, missed, parties);
