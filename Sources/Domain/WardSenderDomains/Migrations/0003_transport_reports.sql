-- What others report about TLS to the servers of the sender domain (TLS reports, RFC 8460), one row for each report and one for each
-- kind of failure at each host in it. `report_key` as in alignment_report.
CREATE TABLE transport_report (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    report_key BYTEA NOT NULL,
    domain TEXT NOT NULL,
    reporter TEXT NOT NULL,
    begins_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    is_proved BIGINT NOT NULL,
    successes BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, report_key)
);

CREATE INDEX transport_report_by_end ON transport_report (organization, ends_at);

CREATE TABLE transport_failure (
    organization BYTEA NOT NULL,
    report BYTEA NOT NULL,
    position BIGINT NOT NULL,
    result TEXT NOT NULL,
    host TEXT NOT NULL,
    sessions BIGINT NOT NULL,
    PRIMARY KEY (organization, report, position)
);
