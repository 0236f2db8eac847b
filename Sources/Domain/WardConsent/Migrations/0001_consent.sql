-- The choices of people: added, never changed.
CREATE TABLE consent_record (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    choice TEXT NOT NULL,
    source TEXT NOT NULL,
    wording_version TEXT NOT NULL,
    chosen_at BIGINT NOT NULL,
    note BYTEA,
    recorded_at BIGINT NOT NULL,
    recorded_by_kind TEXT NOT NULL,
    recorded_by BYTEA NOT NULL,
    PRIMARY KEY (organization, id)
);

CREATE INDEX consent_record_of_contact ON consent_record (organization, contact, id);

-- What holds now, for the gate.
CREATE TABLE consent_standing (
    organization BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    choice TEXT NOT NULL,
    record BYTEA NOT NULL,
    chosen_at BIGINT NOT NULL,
    PRIMARY KEY (organization, contact, purpose, channel),
    FOREIGN KEY (organization, record) REFERENCES consent_record (organization, id)
);

CREATE INDEX consent_standing_by_purpose ON consent_standing (organization, purpose, channel, choice, contact);

-- Authorizations for marketing (45 CFR 164.508).
CREATE TABLE marketing_authorization (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    elements BYTEA NOT NULL,
    states_remuneration BIGINT NOT NULL,
    signed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    recorded_at BIGINT NOT NULL,
    recorded_by_kind TEXT NOT NULL,
    recorded_by BYTEA NOT NULL,
    PRIMARY KEY (organization, id)
);

CREATE INDEX marketing_authorization_of_contact ON marketing_authorization (organization, contact, expires_at);

-- Addresses that get no mail, by keyed hash; outlives the person.
CREATE TABLE suppression (
    organization BYTEA NOT NULL,
    address_hash BYTEA NOT NULL,
    reason TEXT NOT NULL,
    since BIGINT NOT NULL,
    recorded_by_kind TEXT NOT NULL,
    recorded_by BYTEA NOT NULL,
    PRIMARY KEY (organization, address_hash)
);

CREATE TABLE unsubscribe_token (
    organization BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    campaign BYTEA,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (organization, token_hash)
);
