-- A certificate or OpenPGP key of a person. `sealed` holds the key with its facts, under the person's own key; the columns
-- are what the send gate reads for many people at once.
CREATE TABLE recipient_key (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    kind TEXT NOT NULL,
    problem TEXT,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    sealed BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (organization, id)
);

CREATE INDEX recipient_key_of_contact ON recipient_key (organization, contact, id);
CREATE INDEX recipient_key_ending ON recipient_key (organization, valid_until);
