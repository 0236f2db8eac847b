-- Keys of organizations and persons, each wrapped: no key is in the database in the clear.
-- role: 1 sealing (rotates), 2 derivation of blind indexes and purpose keys (stable), 3 signing of audit checkpoints.
CREATE TABLE organization_key (
    organization BYTEA NOT NULL,
    role BIGINT NOT NULL CHECK (role BETWEEN 1 AND 3),
    version BIGINT NOT NULL CHECK (version >= 1),
    wrapped BYTEA NOT NULL,
    root_key_check BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization, role, version)
);

-- One key per person, wrapped under an epoch key that is in a key file only, together with the organization's.
-- After an erasure `wrapped` is NULL and the row stays, so that the person cannot come back by accident.
CREATE TABLE subject_key (
    organization BYTEA NOT NULL,
    subject BYTEA NOT NULL,
    epoch BIGINT NOT NULL,
    wrapped BYTEA,
    created_at BIGINT NOT NULL,
    destroyed_at BIGINT,
    PRIMARY KEY (organization, subject),
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE INDEX subject_key_by_epoch ON subject_key (organization, epoch, subject);
