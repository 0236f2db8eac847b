-- People's own requests for unencrypted mail, after a warning (78 FR 5634). Records are added; a withdrawal is noted on one.
-- `address_hash` is a keyed hash of the person and the address; `sealed` holds the address and what was noted.
CREATE TABLE unencrypted_request (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    address_hash BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    warning_version TEXT NOT NULL,
    choice TEXT NOT NULL,
    scope TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    recorded_by_kind TEXT NOT NULL,
    recorded_by BYTEA NOT NULL,
    withdrawn_at BIGINT,
    PRIMARY KEY (organization, id)
);

CREATE INDEX unencrypted_request_of_contact ON unencrypted_request (organization, contact, id);
