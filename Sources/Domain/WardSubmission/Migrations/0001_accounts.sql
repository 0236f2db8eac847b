-- Who may send through Ward over SMTP. The password's SCRAM keys and the bound sender are sealed under the organization's key.
CREATE TABLE submission_account (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    name TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    message_class TEXT NOT NULL,
    sensitivity TEXT NOT NULL,
    messages_per_hour BIGINT NOT NULL,
    recipients_per_message BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    disabled_at BIGINT,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, name),
    CHECK (messages_per_hour > 0),
    CHECK (recipients_per_message > 0)
);

-- Messages (one for each recipient) that an account submitted in an hour since 1970.
CREATE TABLE submission_usage (
    organization BYTEA NOT NULL,
    account BYTEA NOT NULL,
    hour BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    PRIMARY KEY (organization, account, hour),
    FOREIGN KEY (organization, account) REFERENCES submission_account (organization, id)
);

-- Keyed hashes of what was submitted in the last minutes: a client that lost the reply sends again.
CREATE TABLE submission_seen (
    organization BYTEA NOT NULL,
    account BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (organization, account, digest),
    FOREIGN KEY (organization, account) REFERENCES submission_account (organization, id)
);
