-- Persons whose key was destroyed in an epoch whose key file is gone too: no backup brings them back.
CREATE TABLE erasure_certificate (
    organization BYTEA NOT NULL,
    subject BYTEA NOT NULL,
    epoch BIGINT NOT NULL,
    destroyed_at BIGINT NOT NULL,
    certified_at BIGINT NOT NULL,
    PRIMARY KEY (organization, subject),
    FOREIGN KEY (organization, subject) REFERENCES subject_key (organization, subject)
);

CREATE INDEX subject_key_destroyed ON subject_key (organization, epoch, subject) WHERE destroyed_at IS NOT NULL;
