-- A dry run that is under way: how far it is, and which version of the campaign it asks about. Its work item is in the queue.
CREATE TABLE campaign_preflight_work (
    organization BYTEA NOT NULL,
    campaign BYTEA NOT NULL,
    version BIGINT NOT NULL,
    people BIGINT NOT NULL,
    done BIGINT NOT NULL,
    position BYTEA,
    began_at BIGINT NOT NULL,
    PRIMARY KEY (organization, campaign),
    FOREIGN KEY (organization, campaign) REFERENCES campaign (organization, id)
);
