-- A file of a message to or from the person: its name, type and size, and its octets, each sealed under the person's key.
CREATE TABLE portal_attachment (
    organization BYTEA NOT NULL,
    message BYTEA NOT NULL,
    position BIGINT NOT NULL,
    facts_sealed BYTEA NOT NULL,
    content_sealed BYTEA NOT NULL,
    PRIMARY KEY (organization, message, position),
    FOREIGN KEY (organization, message) REFERENCES portal_message (organization, id)
);
