CREATE TABLE segment (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    name_index BYTEA NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    is_clinical BIGINT NOT NULL CHECK (is_clinical IN (0, 1)),
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by BYTEA NOT NULL,
    sealed_name BYTEA NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, name_index)
);

CREATE TABLE segment_version (
    organization BYTEA NOT NULL,
    segment BYTEA NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    grammar BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by BYTEA NOT NULL,
    sealed_rule BYTEA NOT NULL,
    PRIMARY KEY (organization, segment, version),
    FOREIGN KEY (organization, segment) REFERENCES segment (organization, id) ON DELETE CASCADE
);

CREATE TABLE segment_size (
    organization BYTEA NOT NULL,
    segment BYTEA NOT NULL,
    day BIGINT NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0),
    PRIMARY KEY (organization, segment, day),
    FOREIGN KEY (organization, segment) REFERENCES segment (organization, id) ON DELETE CASCADE
);
