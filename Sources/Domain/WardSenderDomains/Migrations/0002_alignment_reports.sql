-- What receivers report about mail with the sender domain in From (DMARC aggregate reports, RFC 9990). `report_key` is the
-- SHA-256 of reporter, identifier and span: a report that comes twice is kept once. `is_proved`: the mail that brought it was
-- authenticated. Names servers, never people.
CREATE TABLE alignment_report (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    report_key BYTEA NOT NULL,
    domain TEXT NOT NULL,
    reporter TEXT NOT NULL,
    policy TEXT NOT NULL,
    begins_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    is_proved BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, report_key)
);

CREATE INDEX alignment_report_by_end ON alignment_report (organization, ends_at);

CREATE TABLE alignment_record (
    organization BYTEA NOT NULL,
    report BYTEA NOT NULL,
    position BIGINT NOT NULL,
    source TEXT NOT NULL,
    messages BIGINT NOT NULL,
    disposition TEXT NOT NULL,
    is_signature_aligned BIGINT NOT NULL,
    is_spf_aligned BIGINT NOT NULL,
    PRIMARY KEY (organization, report, position)
);
