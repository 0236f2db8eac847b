-- Where a key came from and whether it may be used; what authorities said about a certificate, and when.
ALTER TABLE recipient_key ADD COLUMN origin TEXT NOT NULL DEFAULT 'upload';
ALTER TABLE recipient_key ADD COLUMN acceptance TEXT NOT NULL DEFAULT 'accepted';
ALTER TABLE recipient_key ADD COLUMN revocation TEXT;
-- When an authority last answered, and when somebody last tried to ask one.
ALTER TABLE recipient_key ADD COLUMN checked_at BIGINT;
ALTER TABLE recipient_key ADD COLUMN tried_at BIGINT;

-- An organization without a row looks nothing up by itself and asks for no proof.
CREATE TABLE recipient_key_rules (
    organization BYTEA NOT NULL,
    looks_up BIGINT NOT NULL,
    demands_check BIGINT NOT NULL,
    PRIMARY KEY (organization)
);
