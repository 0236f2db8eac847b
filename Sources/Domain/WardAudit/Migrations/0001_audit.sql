-- Entries are inserted without a position, with the hash of the leaf that they will be (LeafEncoding.swift); the sealer numbers what has been committed, contiguously per organization.
CREATE TABLE audit_entry (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    position BIGINT CHECK (position >= 0),
    recorded_at BIGINT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('success', 'denied', 'failed')),
    actor_kind TEXT NOT NULL,
    actor BYTEA NOT NULL,
    subject BYTEA,
    object_kind TEXT,
    object BYTEA,
    on_behalf_of_kind TEXT,
    on_behalf_of BYTEA,
    roles TEXT NOT NULL,
    session BYTEA,
    authentication TEXT,
    purpose TEXT NOT NULL,
    request BYTEA,
    version TEXT NOT NULL,
    time_source TEXT NOT NULL,
    subjects_kind TEXT,
    subjects BYTEA,
    categories TEXT NOT NULL,
    fields TEXT NOT NULL,
    facts TEXT NOT NULL,
    before_hash BYTEA,
    after_hash BYTEA,
    is_disclosure BIGINT NOT NULL CHECK (is_disclosure IN (0, 1)),
    recipient_kind TEXT,
    recipient BYTEA,
    channel TEXT,
    protection TEXT,
    reason_owner BIGINT CHECK (reason_owner IN (1, 2)),
    reason BYTEA,
    origin BYTEA,
    salt BYTEA NOT NULL,
    leaf_hash BYTEA NOT NULL,
    PRIMARY KEY (organization, id),
    CHECK ((reason IS NULL) = (reason_owner IS NULL))
);

CREATE UNIQUE INDEX audit_entry_by_position ON audit_entry (organization, position);
CREATE INDEX audit_entry_unsealed ON audit_entry (organization, id) WHERE position IS NULL;
CREATE INDEX audit_entry_by_subject ON audit_entry (organization, subject, position) WHERE subject IS NOT NULL;

-- One row per organization: how far its tree reaches, and who may extend it. A statement that advances the head names the
-- fence that it was given.
CREATE TABLE audit_head (
    organization BYTEA NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0),
    root BYTEA NOT NULL,
    fence BIGINT NOT NULL,
    lease_owner BYTEA NOT NULL,
    lease_until BIGINT NOT NULL,
    PRIMARY KEY (organization)
);

-- The tree's hashes in tiles of 256 (C2SP tlog-tiles): level 0 holds leaf hashes, level L roots of 256^L leaves. The last
-- tile of a level grows until it is full.
CREATE TABLE audit_tile (
    organization BYTEA NOT NULL,
    level BIGINT NOT NULL CHECK (level BETWEEN 0 AND 7),
    number BIGINT NOT NULL CHECK (number >= 0),
    hashes BYTEA NOT NULL,
    PRIMARY KEY (organization, level, number)
);

-- Signed checkpoints, one per sealing.
CREATE TABLE audit_checkpoint (
    organization BYTEA NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization, size)
);
