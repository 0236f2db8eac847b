-- What came back by mail: notices about delivery, complaints, automatic answers, and what could not be read. The content is
-- sealed under the key of the person whose message it is about (NULL once that person is erased), else under the organization's.
CREATE TABLE delivery_incoming (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    message BYTEA,
    kind TEXT NOT NULL,
    cause TEXT,
    status_code TEXT,
    address BYTEA,
    digest BYTEA NOT NULL,
    content BYTEA,
    octets BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, digest)
);

CREATE INDEX delivery_incoming_message ON delivery_incoming (organization, message);

CREATE INDEX delivery_incoming_address ON delivery_incoming (organization, address, received_at);

CREATE INDEX delivery_incoming_newest ON delivery_incoming (organization, received_at, id);
