-- What an account signs in with: password, certificate or both.
ALTER TABLE submission_account ADD COLUMN sign_in_rule TEXT NOT NULL DEFAULT 'password';

-- The keys with which an account's program proves itself in the TLS handshake: SHA-256 of the SubjectPublicKeyInfo, and the time
-- of the certificate that was given.
CREATE TABLE submission_certificate (
    organization BYTEA NOT NULL,
    account BYTEA NOT NULL,
    key_digest BYTEA NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (organization, account, key_digest),
    FOREIGN KEY (organization, account) REFERENCES submission_account (organization, id)
);

CREATE INDEX submission_certificate_key ON submission_certificate (key_digest);
