-- A draft of the protection policy that is being run against past decisions: one at a time. `position` is the last decision
-- that was looked at, `until` the first that is not part of it.
CREATE TABLE delivery_policy_trial (
    organization BYTEA NOT NULL,
    number BIGINT NOT NULL,
    days BIGINT NOT NULL,
    against BIGINT NOT NULL,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    position BYTEA NOT NULL,
    until BYTEA NOT NULL,
    began_at BIGINT NOT NULL,
    PRIMARY KEY (organization)
);
