CREATE TABLE organization (
    organization BYTEA NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    postal_address TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    sender_domain TEXT NOT NULL,
    staff_address TEXT NOT NULL,
    patient_address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization)
);

CREATE INDEX organization_slug ON organization (slug);

CREATE TABLE staff_account (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    email_index BYTEA NOT NULL,
    email_sealed BYTEA NOT NULL,
    name_sealed BYTEA NOT NULL,
    state TEXT NOT NULL,
    password_sealed BYTEA,
    password_set_at BIGINT,
    must_change_password BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, email_index),
    FOREIGN KEY (organization) REFERENCES organization (organization)
);

CREATE TABLE staff_role (
    organization BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    role TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (organization, staff, role),
    FOREIGN KEY (organization, staff) REFERENCES staff_account (organization, id)
);

CREATE TABLE one_time_link (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, token_hash),
    FOREIGN KEY (organization, staff) REFERENCES staff_account (organization, id)
);

CREATE TABLE session (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    token_hash BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    network_address TEXT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, token_hash),
    FOREIGN KEY (organization, staff) REFERENCES staff_account (organization, id)
);

CREATE INDEX session_staff ON session (organization, staff, created_at);

CREATE TABLE sign_in_throttle (
    organization BYTEA NOT NULL,
    scope TEXT NOT NULL,
    subject BYTEA NOT NULL,
    failures BIGINT NOT NULL,
    last_attempt_at BIGINT NOT NULL,
    PRIMARY KEY (organization, scope, subject)
);

CREATE TABLE system_user (
    organization BYTEA NOT NULL,
    user_number BIGINT NOT NULL,
    staff BYTEA NOT NULL,
    mapped_at BIGINT NOT NULL,
    PRIMARY KEY (organization, user_number),
    FOREIGN KEY (organization, staff) REFERENCES staff_account (organization, id)
);
