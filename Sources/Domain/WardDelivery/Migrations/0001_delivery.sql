-- What one campaign or one single message says, stored once.
CREATE TABLE delivery_content (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    campaign BYTEA,
    owner BYTEA,
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (organization, id)
);

-- One message to one recipient. `envelope` holds the address and the frozen values.
CREATE TABLE delivery (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    content BYTEA NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient BYTEA NOT NULL,
    campaign BYTEA,
    announces BYTEA,
    message_class TEXT NOT NULL,
    sensitivity TEXT NOT NULL,
    guarantee TEXT NOT NULL,
    standing TEXT NOT NULL,
    reason TEXT,
    method TEXT,
    attempts BIGINT NOT NULL,
    doubts BIGINT NOT NULL,
    may_have_been_sent BIGINT NOT NULL,
    sent_date BIGINT NOT NULL,
    message_identifier TEXT NOT NULL,
    boundary TEXT NOT NULL,
    digest BYTEA NOT NULL,
    destination BYTEA NOT NULL,
    envelope BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, content, recipient),
    FOREIGN KEY (organization, content) REFERENCES delivery_content (organization, id)
);

CREATE INDEX delivery_of_campaign ON delivery (organization, campaign, standing, reason, method, id);
CREATE INDEX delivery_announcing ON delivery (organization, announces);
CREATE INDEX delivery_to_recipient ON delivery (organization, recipient, id);

-- The decisions of the gate, kept with their inputs.
CREATE TABLE delivery_decision (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    delivery BYTEA NOT NULL,
    verdict TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (organization, id),
    FOREIGN KEY (organization, delivery) REFERENCES delivery (organization, id)
);

CREATE INDEX delivery_decision_of_delivery ON delivery_decision (organization, delivery, id);

CREATE TABLE delivery_attempt (
    organization BYTEA NOT NULL,
    delivery BYTEA NOT NULL,
    number BIGINT NOT NULL,
    decision BYTEA NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT NOT NULL,
    evidence BYTEA,
    PRIMARY KEY (organization, delivery, number),
    FOREIGN KEY (organization, delivery) REFERENCES delivery (organization, id)
);

CREATE TABLE delivery_campaign (
    organization BYTEA NOT NULL,
    campaign BYTEA NOT NULL,
    control TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, campaign)
);

CREATE TABLE delivery_route (
    organization BYTEA NOT NULL,
    domain TEXT NOT NULL,
    host TEXT NOT NULL,
    port BIGINT NOT NULL,
    certificate_name TEXT NOT NULL,
    credentials BYTEA,
    is_recipients_server BIGINT NOT NULL,
    has_agreement BIGINT NOT NULL,
    has_onward_tls BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, domain)
);

CREATE TABLE delivery_setting (
    organization BYTEA NOT NULL,
    method_order TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization)
);

-- Whether a destination (keyed hash of its domain) could be spoken to over verified TLS when last looked at.
CREATE TABLE delivery_destination (
    organization BYTEA NOT NULL,
    destination BYTEA NOT NULL,
    is_protectable BIGINT NOT NULL,
    finding TEXT NOT NULL,
    looked_at BIGINT NOT NULL,
    PRIMARY KEY (organization, destination)
);
