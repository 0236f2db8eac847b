-- One upload of one file. `settings` (file name, source, mapping, basis, what was understood) is sealed; the counts and
-- the place in the file advance in the transaction that writes the rows they count.
CREATE TABLE contact_import (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    state TEXT NOT NULL,
    settings BYTEA NOT NULL,
    requester BYTEA NOT NULL,
    byte_count BIGINT NOT NULL,
    chunk_count BIGINT NOT NULL,
    row_total BIGINT,
    next_offset BIGINT NOT NULL,
    last_row BIGINT NOT NULL,
    added BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    possible_duplicates BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    noted BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    PRIMARY KEY (organization, id)
);
CREATE INDEX contact_import_by_time ON contact_import (organization, created_at);

-- The uploaded file, sealed piece by piece; deleted when the import has ended.
CREATE TABLE contact_import_chunk (
    organization BYTEA NOT NULL,
    import BYTEA NOT NULL,
    number BIGINT NOT NULL,
    first_byte BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (organization, import, number),
    FOREIGN KEY (organization, import) REFERENCES contact_import (organization, id) ON DELETE CASCADE
);

-- Rows that were rejected (with their cells, for repair) and cells that were left out; sealed.
CREATE TABLE contact_import_row (
    organization BYTEA NOT NULL,
    import BYTEA NOT NULL,
    row_number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (organization, import, row_number, kind),
    FOREIGN KEY (organization, import) REFERENCES contact_import (organization, id) ON DELETE CASCADE
);

-- What a person was before this import changed it: undoing brings it back, if nothing else changed it since.
CREATE TABLE contact_import_before (
    organization BYTEA NOT NULL,
    import BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    profile BYTEA NOT NULL,
    revision_after BIGINT NOT NULL,
    PRIMARY KEY (organization, import, contact),
    FOREIGN KEY (organization, import) REFERENCES contact_import (organization, id) ON DELETE CASCADE,
    FOREIGN KEY (organization, contact) REFERENCES contact (organization, id) ON DELETE CASCADE
);
