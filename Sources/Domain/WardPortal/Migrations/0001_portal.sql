-- A conversation with one person. The subject is sealed under the person's key.
CREATE TABLE portal_thread (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    subject_sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_message_at BIGINT NOT NULL,
    last_answer_at BIGINT,
    needs_answer BIGINT NOT NULL,
    assigned_to BYTEA,
    PRIMARY KEY (organization, id),
    CHECK (needs_answer IN (0, 1))
);

CREATE INDEX portal_thread_inbox ON portal_thread (organization, needs_answer, last_answer_at, id);

CREATE INDEX portal_thread_contact ON portal_thread (organization, contact, last_message_at);

-- One message of a conversation. `delivery` is the message's identifier in the delivery queue, for those to the person;
-- `expires_at` is set once the message waits in the portal.
CREATE TABLE portal_message (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    thread BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    direction TEXT NOT NULL,
    delivery BYTEA,
    sensitivity TEXT NOT NULL,
    content_sealed BYTEA NOT NULL,
    author BYTEA,
    written_at BIGINT NOT NULL,
    expires_at BIGINT,
    opened_at BIGINT,
    retracted_at BIGINT,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, delivery),
    FOREIGN KEY (organization, thread) REFERENCES portal_thread (organization, id),
    CHECK (direction IN ('to_person', 'from_person'))
);

CREATE INDEX portal_message_thread ON portal_message (organization, thread, written_at, id);

-- The hash of a link's token; the token itself is only in the notice.
CREATE TABLE portal_link (
    organization BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    message BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (organization, token_hash),
    FOREIGN KEY (organization, message) REFERENCES portal_message (organization, id)
);

CREATE INDEX portal_link_message ON portal_link (organization, message);

-- A person's attempts to be recognised, and the passphrase agreed outside e-mail (an Argon2id hash, sealed).
CREATE TABLE portal_recognition (
    organization BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    attempts BIGINT NOT NULL,
    locked_at BIGINT,
    passphrase_sealed BYTEA,
    passphrase_set_at BIGINT,
    PRIMARY KEY (organization, contact),
    CHECK (attempts BETWEEN 0 AND 5)
);

-- A visit of a recognised person to one conversation.
CREATE TABLE portal_visit (
    organization BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    id BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    thread BYTEA NOT NULL,
    message BYTEA NOT NULL,
    fact TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (organization, token_hash),
    UNIQUE (organization, id),
    FOREIGN KEY (organization, thread) REFERENCES portal_thread (organization, id),
    FOREIGN KEY (organization, message) REFERENCES portal_message (organization, id)
);

CREATE INDEX portal_visit_contact ON portal_visit (organization, contact);

-- What staff must be told: a person locked out of the portal.
CREATE TABLE portal_alert (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    kind TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    resolved_at BIGINT,
    resolved_by BYTEA,
    PRIMARY KEY (organization, id)
);

CREATE INDEX portal_alert_open ON portal_alert (organization, resolved_at, raised_at);

CREATE TABLE portal_setting (
    organization BYTEA NOT NULL,
    days_kept BIGINT NOT NULL,
    PRIMARY KEY (organization),
    CHECK (days_kept BETWEEN 1 AND 3650)
);
