-- Connections to a destination's servers on one day in UTC, for TLS reports (RFC 8460): equal ones are one row. `destination` is
-- the keyed hash of the domain, `kind` that of what the session was like, which `sealed` holds. About servers alone.
CREATE TABLE delivery_tls_session (
    organization BYTEA NOT NULL,
    day BIGINT NOT NULL,
    destination BYTEA NOT NULL,
    kind BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    is_success BIGINT NOT NULL,
    sessions BIGINT NOT NULL,
    PRIMARY KEY (organization, day, destination, kind)
);

-- The report about a day and a destination: made with its first session, due after the day. `sealed_domain` holds the domain,
-- `sealed_place` where it went, `message` the mail that it went by.
CREATE TABLE delivery_tls_report (
    organization BYTEA NOT NULL,
    day BIGINT NOT NULL,
    destination BYTEA NOT NULL,
    sealed_domain BYTEA NOT NULL,
    standing TEXT NOT NULL,
    next_at BIGINT NOT NULL,
    first_tried_at BIGINT,
    tries BIGINT NOT NULL,
    sealed_place BYTEA,
    message BYTEA,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, day, destination)
);

CREATE INDEX delivery_tls_report_due ON delivery_tls_report (organization, standing, next_at);

-- Whether reports are sent; no row: they are.
CREATE TABLE delivery_tls_report_setting (
    organization BYTEA NOT NULL,
    is_on BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization)
);
