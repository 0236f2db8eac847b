-- A campaign: its state in the open, what it says and to whom sealed under the organization's key.
CREATE TABLE campaign (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    draft_sealed BYTEA NOT NULL,
    segment BYTEA,
    created_at BIGINT NOT NULL,
    created_by BYTEA NOT NULL,
    changed_at BIGINT NOT NULL,
    scheduled_at BIGINT,
    started_by BYTEA,
    started_at BIGINT,
    finished_at BIGINT,
    expanded_at BIGINT,
    content BYTEA,
    PRIMARY KEY (organization, id),
    CHECK (state IN ('draft', 'scheduled', 'sending', 'paused', 'cancelled', 'finished'))
);

CREATE INDEX campaign_list ON campaign (organization, created_at, id);

-- The people of the audience at the moment of sending, one row each: this key is what makes a message unique per person.
-- A person without `message` was never handed to the delivery queue, for the reason given.
CREATE TABLE campaign_recipient (
    organization BYTEA NOT NULL,
    campaign BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    state TEXT NOT NULL,
    message BYTEA,
    reason TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (organization, campaign, contact),
    UNIQUE (organization, message),
    FOREIGN KEY (organization, campaign) REFERENCES campaign (organization, id),
    CHECK (state IN ('pending', 'submitted', 'not_sent'))
);

CREATE INDEX campaign_recipient_state ON campaign_recipient (organization, campaign, state, contact);

-- What the last dry run answered for each person of the audience.
CREATE TABLE campaign_preflight (
    organization BYTEA NOT NULL,
    campaign BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    method TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (organization, campaign, contact),
    FOREIGN KEY (organization, campaign) REFERENCES campaign (organization, id)
);

CREATE INDEX campaign_preflight_group ON campaign_preflight (organization, campaign, method, reason, contact);

-- When the last dry run ended and of which version of the campaign it was.
CREATE TABLE campaign_preflight_run (
    organization BYTEA NOT NULL,
    campaign BYTEA NOT NULL,
    version BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    PRIMARY KEY (organization, campaign),
    FOREIGN KEY (organization, campaign) REFERENCES campaign (organization, id)
);
