-- What was last found about a destination's servers. `destination` is the keyed hash of its domain; `sealed` holds the domain and
-- the posture. `level`: 0 no verified TLS, 1 a certificate alone, 2 the host's name proved by MTA-STS or DANE too.
-- `alert_since`, `alert_level`: since when it is below the level that it had.
CREATE TABLE delivery_posture (
    organization BYTEA NOT NULL,
    destination BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    level BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    looked_at BIGINT NOT NULL,
    alert_since BIGINT,
    alert_level BIGINT,
    PRIMARY KEY (organization, destination)
);

CREATE INDEX delivery_posture_alert ON delivery_posture (organization, alert_since);

-- Each change of what was found, the first finding too; nothing is ever changed here.
CREATE TABLE delivery_posture_change (
    organization BYTEA NOT NULL,
    destination BYTEA NOT NULL,
    number BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (organization, destination, number),
    FOREIGN KEY (organization, destination) REFERENCES delivery_posture (organization, destination)
);

-- The MTA-STS policy of a destination as it was fetched last, so that a restart forgets none; `sealed` holds its text.
CREATE TABLE delivery_mta_sts_policy (
    organization BYTEA NOT NULL,
    destination BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    fetched_at BIGINT NOT NULL,
    PRIMARY KEY (organization, destination)
);
