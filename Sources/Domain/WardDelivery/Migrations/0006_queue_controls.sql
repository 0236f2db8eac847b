-- The messages that did not simply go: few among many, and what staff looks for.
CREATE INDEX delivery_exceptional ON delivery (organization, standing, id)
    WHERE standing IN ('held', 'in_doubt', 'refused', 'expired', 'unknown');

-- How many messages a minute a recipient domain gets at most, all processes together; `destination` is its keyed hash.
CREATE TABLE delivery_rate (
    organization BYTEA NOT NULL,
    domain TEXT NOT NULL,
    destination BYTEA NOT NULL,
    per_minute BIGINT NOT NULL CHECK (per_minute > 0),
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, domain)
);

-- What was taken of a budget in one period: a minute of a rate, a day of a warm-up.
CREATE TABLE delivery_budget (
    organization BYTEA NOT NULL,
    scope BYTEA NOT NULL,
    period BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (organization, scope, period)
);

-- How much bulk mail a new sender domain sends to a provider ('*': all others) each day, growing.
CREATE TABLE delivery_warm_up (
    organization BYTEA NOT NULL,
    source TEXT NOT NULL,
    provider TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    first_day BIGINT NOT NULL CHECK (first_day > 0),
    growth_percent BIGINT NOT NULL CHECK (growth_percent >= 0),
    ceiling BIGINT NOT NULL CHECK (ceiling > 0),
    PRIMARY KEY (organization, source, provider)
);

-- Who reported a message as unwanted; `source` is the sender's domain.
CREATE TABLE delivery_complaint (
    organization BYTEA NOT NULL,
    delivery BYTEA NOT NULL,
    source TEXT NOT NULL,
    complained_at BIGINT NOT NULL,
    PRIMARY KEY (organization, delivery)
);

CREATE INDEX delivery_complaint_of_source ON delivery_complaint (organization, source, complained_at);

-- A sender domain whose campaigns wait because too many complained; released_at: a person let them go on.
CREATE TABLE delivery_brake (
    organization BYTEA NOT NULL,
    source TEXT NOT NULL,
    pulled_at BIGINT NOT NULL,
    complaints BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    released_at BIGINT,
    PRIMARY KEY (organization, source)
);

-- What the sender of a message is told about it, each once: that it is late, or that it failed.
CREATE TABLE delivery_notice (
    organization BYTEA NOT NULL,
    delivery BYTEA NOT NULL,
    kind TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    seen_at BIGINT,
    PRIMARY KEY (organization, delivery, kind)
);

CREATE INDEX delivery_notice_by_time ON delivery_notice (organization, raised_at);

-- For how many years sent messages are kept; without a row six (45 CFR 164.316(b)(2)(i)).
CREATE TABLE delivery_retention (
    organization BYTEA NOT NULL,
    years BIGINT NOT NULL CHECK (years BETWEEN 1 AND 100),
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization)
);
