-- Protection policies by number: one draft at most, one in force, the rest past. `body` is the policy as JSON; `tried` tells
-- which policy was in force when the draft was last run against past decisions.
CREATE TABLE delivery_policy (
    organization BYTEA NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by BYTEA NOT NULL,
    tried_at BIGINT,
    tried_days BIGINT,
    tried_against BIGINT,
    tried_decisions BIGINT,
    activated_at BIGINT,
    PRIMARY KEY (organization, number)
);

CREATE UNIQUE INDEX delivery_policy_draft ON delivery_policy (organization) WHERE state = 'draft';

CREATE UNIQUE INDEX delivery_policy_in_force ON delivery_policy (organization) WHERE state = 'in_force';

-- What a draft would have changed, by message.
CREATE TABLE delivery_policy_change (
    organization BYTEA NOT NULL,
    number BIGINT NOT NULL,
    delivery BYTEA NOT NULL,
    recipient_kind TEXT NOT NULL,
    recipient BYTEA NOT NULL,
    verdict_before TEXT NOT NULL,
    verdict_after TEXT NOT NULL,
    PRIMARY KEY (organization, number, delivery),
    FOREIGN KEY (organization, number) REFERENCES delivery_policy (organization, number)
);

-- What was agreed with a person about the methods of their mail (45 CFR 164.522(b)).
CREATE TABLE delivery_contact_protection (
    organization BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    body TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, contact)
);

-- What the content scan found in a message, sealed; a message without findings has no row.
CREATE TABLE delivery_scan (
    organization BYTEA NOT NULL,
    delivery BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    reviewed_at BIGINT,
    PRIMARY KEY (organization, delivery),
    FOREIGN KEY (organization, delivery) REFERENCES delivery (organization, id)
);
