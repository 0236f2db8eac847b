-- The encrypted form of a message: made once, before its first attempt, and sent as it is at every attempt. Sealed under the
-- recipient's key; `recipient_key` names the certificate or key that it is encrypted to.
CREATE TABLE delivery_protected (
    organization BYTEA NOT NULL,
    delivery BYTEA NOT NULL,
    method TEXT NOT NULL,
    recipient_key BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (organization, delivery),
    FOREIGN KEY (organization, delivery) REFERENCES delivery (organization, id)
);
