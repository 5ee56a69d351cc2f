-- What a call's record says stays as it was written. Only `parties`, by which calls are found, may be written anew: it is made of the record, and
-- SQLite cannot make all letters small. A record that is written twice is the first (the store says so too), and none is taken away.
CREATE TRIGGER calls_are_never_changed BEFORE UPDATE OF id, started, answered, taken, missed, record ON calls
    BEGIN SELECT RAISE (ABORT, 'the record of a call is never changed'); END;
CREATE TRIGGER calls_are_never_replaced BEFORE INSERT ON calls WHEN EXISTS (SELECT 1 FROM calls WHERE id = NEW.id)
    BEGIN SELECT RAISE (IGNORE); END;
CREATE TRIGGER calls_are_never_removed BEFORE DELETE ON calls
    BEGIN SELECT RAISE (ABORT, 'the record of a call is never changed'); END;
CREATE TRIGGER queue_waits_are_never_changed BEFORE UPDATE ON queue_waits
    BEGIN SELECT RAISE (ABORT, 'the record of a call is never changed'); END;
CREATE TRIGGER queue_waits_are_never_replaced BEFORE INSERT ON queue_waits
    WHEN EXISTS (SELECT 1 FROM queue_waits WHERE call = NEW.call AND nth = NEW.nth) BEGIN SELECT RAISE (IGNORE); END;
CREATE TRIGGER queue_waits_are_never_removed BEFORE DELETE ON queue_waits
    BEGIN SELECT RAISE (ABORT, 'the record of a call is never changed'); END;
