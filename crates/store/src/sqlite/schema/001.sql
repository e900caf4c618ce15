-- Times are seconds since the epoch. Every key leads with the account, except that of access
-- keys, by which a caller's account is found.

-- A seal that only the right key file decrypts.
CREATE TABLE key_check (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seal BLOB NOT NULL
) STRICT;

CREATE TABLE account (
    id             INTEGER NOT NULL PRIMARY KEY,
    alias          TEXT,
    created        INTEGER NOT NULL,
    users          INTEGER NOT NULL DEFAULT 0,
    devices        INTEGER NOT NULL DEFAULT 0,
    devices_in_use INTEGER NOT NULL DEFAULT 0,
    next_device    INTEGER NOT NULL DEFAULT 1
) STRICT;

-- `key` is the name in lower case: names are compared without regard to case.
CREATE TABLE user (
    account     INTEGER NOT NULL REFERENCES account (id),
    key         TEXT NOT NULL,
    name        TEXT NOT NULL,
    path        TEXT NOT NULL,
    id          TEXT NOT NULL,
    created     INTEGER NOT NULL,
    tags        TEXT,
    devices     INTEGER NOT NULL DEFAULT 0,
    access_keys INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_by_key ON user (account, key);

-- `resource` is path and name in one. `seed` is encrypted and bound to `generation`, a random
-- number. `last_step` is the newest step that was used, and only rises.
CREATE TABLE device (
    account    INTEGER NOT NULL REFERENCES account (id),
    id         INTEGER NOT NULL,
    resource   TEXT NOT NULL,
    owner      TEXT,
    enabled    INTEGER,
    tags       TEXT,
    generation INTEGER NOT NULL,
    seed       BLOB NOT NULL,
    last_step  INTEGER,
    drift      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, id),
    CHECK ((owner IS NULL) = (enabled IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX device_by_resource ON device (account, resource);
-- These two cover their lists: the rows themselves are not read.
CREATE INDEX device_assigned ON device (account, id, resource, owner, enabled)
    WHERE owner IS NOT NULL;
CREATE INDEX device_unassigned ON device (account, id, resource, owner) WHERE owner IS NULL;
CREATE INDEX device_by_owner ON device (account, owner, id) WHERE owner IS NOT NULL;

-- Attempts to use codes. They outlive the device of that name. `recent` holds times of eight bytes,
-- big-endian.
CREATE TABLE attempt (
    account    INTEGER NOT NULL REFERENCES account (id),
    resource   TEXT NOT NULL,
    recent     BLOB NOT NULL,
    failures   INTEGER NOT NULL,
    not_before INTEGER,
    PRIMARY KEY (account, resource)
) STRICT, WITHOUT ROWID;

-- No owner: the key of the account's root user. `secret` is encrypted. `ordinal` keeps the order of
-- creation, which times in whole seconds do not.
CREATE TABLE access_key (
    ordinal      INTEGER NOT NULL PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    account      INTEGER NOT NULL REFERENCES account (id),
    owner        TEXT,
    active       INTEGER NOT NULL,
    secret       BLOB NOT NULL,
    created      INTEGER NOT NULL,
    used_at      INTEGER,
    used_service TEXT,
    used_region  TEXT
) STRICT;
CREATE INDEX access_key_by_owner ON access_key (account, owner);

CREATE TABLE report (
    account   INTEGER NOT NULL PRIMARY KEY REFERENCES account (id),
    generated INTEGER NOT NULL,
    content   TEXT NOT NULL
) STRICT;
