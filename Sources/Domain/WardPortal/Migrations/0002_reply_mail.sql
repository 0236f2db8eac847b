-- A mail that came into a conversation, as it came: sealed under the person's key.
CREATE TABLE portal_mail (
    organization BYTEA NOT NULL,
    message BYTEA NOT NULL,
    mail_sealed BYTEA NOT NULL,
    PRIMARY KEY (organization, message),
    FOREIGN KEY (organization, message) REFERENCES portal_message (organization, id)
);
