-- Durable work. due_at is when an item may be claimed: its run time while it waits, the end of its lease while a worker
-- has it, NULL once it is parked.
CREATE TABLE work_item (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    reference BYTEA NOT NULL,
    priority BIGINT NOT NULL CHECK (priority BETWEEN 0 AND 2),
    due_at BIGINT,
    attempt BIGINT NOT NULL CHECK (attempt >= 0),
    fence BIGINT NOT NULL CHECK (fence >= 0),
    owner BYTEA,
    parked_reason TEXT,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    CHECK ((due_at IS NULL) = (parked_reason IS NOT NULL))
);
CREATE INDEX work_item_due ON work_item (kind, priority, due_at);
CREATE INDEX work_item_reference ON work_item (organization, kind, reference);
