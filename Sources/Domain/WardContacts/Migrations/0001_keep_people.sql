-- One person. Everything told about the person is in the sealed profile; the *_index columns are keyed look-up values
-- (HMAC-SHA-256): e-mail address, phone, e-mail + birth date + folded names, birth date + folded names.
CREATE TABLE contact (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    profile BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    email_index BYTEA,
    phone_index BYTEA,
    identity_index BYTEA,
    name_index BYTEA,
    created_by_import BYTEA,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, id)
);
CREATE INDEX contact_by_email ON contact (organization, email_index);
CREATE INDEX contact_by_phone ON contact (organization, phone_index);
CREATE INDEX contact_by_identity ON contact (organization, identity_index);
CREATE INDEX contact_by_name ON contact (organization, name_index);
CREATE INDEX contact_by_import ON contact (organization, created_by_import, id);

-- A record number is one person's within its source: the keyed value covers both.
CREATE TABLE contact_record_number (
    organization BYTEA NOT NULL,
    number_index BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    PRIMARY KEY (organization, number_index),
    FOREIGN KEY (organization, contact) REFERENCES contact (organization, id) ON DELETE CASCADE
);
CREATE INDEX contact_record_number_by_contact ON contact_record_number (organization, contact);

-- Dated records, sealed in batches per person and kind; a batch belongs to one import, so that it can be undone.
CREATE TABLE contact_record (
    organization BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    import BYTEA,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (organization, contact, kind, batch),
    FOREIGN KEY (organization, contact) REFERENCES contact (organization, id) ON DELETE CASCADE
);
CREATE INDEX contact_record_by_import ON contact_record (organization, import, contact);

-- The attributes that an organization added to those that are built in.
CREATE TABLE attribute_definition (
    organization BYTEA NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    is_phi BIGINT NOT NULL,
    is_clinical BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization, name)
);

-- Lists; the name is sealed, since membership of a named list tells about a person.
CREATE TABLE contact_list (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    name BYTEA NOT NULL,
    name_index BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, name_index)
);
CREATE TABLE contact_list_member (
    organization BYTEA NOT NULL,
    list BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (organization, list, contact),
    FOREIGN KEY (organization, list) REFERENCES contact_list (organization, id) ON DELETE CASCADE,
    FOREIGN KEY (organization, contact) REFERENCES contact (organization, id) ON DELETE CASCADE
);
CREATE INDEX contact_list_member_by_contact ON contact_list_member (organization, contact);

-- Bounces hold per address, whoever has it; the address is its keyed look-up value.
CREATE TABLE address_state (
    organization BYTEA NOT NULL,
    address BYTEA NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    soft_bounces BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (organization, address)
);

-- Two people who may be one, for review; `contact` is the newer. Never merged by itself.
CREATE TABLE possible_duplicate (
    organization BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    other BYTEA NOT NULL,
    reason TEXT NOT NULL,
    found_at BIGINT NOT NULL,
    resolution TEXT,
    resolved_at BIGINT,
    PRIMARY KEY (organization, contact, other),
    FOREIGN KEY (organization, contact) REFERENCES contact (organization, id) ON DELETE CASCADE,
    FOREIGN KEY (organization, other) REFERENCES contact (organization, id) ON DELETE CASCADE
);
CREATE INDEX possible_duplicate_by_other ON possible_duplicate (organization, other);

-- The change feed. Rows come without a position; a step numbers what is committed, without gaps, and advances the head
-- only if nobody else did: whoever has read up to a position has missed nothing before it.
CREATE TABLE contact_change (
    organization BYTEA NOT NULL,
    id BYTEA NOT NULL,
    contact BYTEA NOT NULL,
    change TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    position BIGINT,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, position)
);
CREATE INDEX contact_change_unnumbered ON contact_change (organization, id) WHERE position IS NULL;
CREATE TABLE contact_feed (
    organization BYTEA NOT NULL,
    head BIGINT NOT NULL,
    PRIMARY KEY (organization)
);
