-- What phones sign in with by SHA-512-256 (RFC 8760). A password that was set before has none: it is not kept, so it cannot be hashed again.
ALTER TABLE sip_secrets ADD COLUMN ha1_sha512_256 TEXT NOT NULL DEFAULT '';

-- What a binding of the registrar is beyond its Contact: the proxies on the way to it (Path, RFC 3327; one a line), which device and
-- which of its flows it is (RFC 5626; '' and 0 if the phone did not say), its priority in thousandths, the secret behind its temporary
-- GRUUs (RFC 5627), and the request that made it, for the order of updates.
ALTER TABLE bindings ADD COLUMN path TEXT NOT NULL DEFAULT '';
ALTER TABLE bindings ADD COLUMN instance TEXT NOT NULL DEFAULT '';
ALTER TABLE bindings ADD COLUMN reg_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bindings ADD COLUMN priority INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE bindings ADD COLUMN grip TEXT NOT NULL DEFAULT '';
ALTER TABLE bindings ADD COLUMN call_id TEXT NOT NULL DEFAULT '';
ALTER TABLE bindings ADD COLUMN cseq INTEGER NOT NULL DEFAULT 0;
