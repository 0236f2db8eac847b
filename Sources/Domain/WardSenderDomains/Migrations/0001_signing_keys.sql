-- A key that signs the mail of a sender domain. `sealed` is its secret half, gone once it is retired.
CREATE TABLE sender_domain_key (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    domain TEXT NOT NULL,
    selector TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    sealed BYTEA,
    made_at BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at BIGINT,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, domain, selector)
);

CREATE INDEX sender_domain_key_of_domain ON sender_domain_key (organization, domain, state);
