-- A key of the organization for one of its sender addresses. `public_form` is its certificate in DER or its OpenPGP public key,
-- `chain` the certificates that lead to an authority (JSON). `sealed` is its secret half, gone once it is destroyed.
CREATE TABLE own_mail_key (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    is_self_signed BIGINT NOT NULL,
    public_form BYTEA NOT NULL,
    chain BYTEA NOT NULL,
    sealed BYTEA,
    made_at BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at BIGINT,
    PRIMARY KEY (organization, id),
    CHECK (is_self_signed IN (0, 1))
);

CREATE INDEX own_mail_key_of_address ON own_mail_key (organization, address, kind, state);

-- What is done with the keys beyond encrypted mail.
CREATE TABLE own_mail_setting (
    organization BYTEA NOT NULL,
    signs_plain BIGINT NOT NULL,
    offers_key BIGINT NOT NULL,
    PRIMARY KEY (organization),
    CHECK (signs_plain IN (0, 1) AND offers_key IN (0, 1))
);
