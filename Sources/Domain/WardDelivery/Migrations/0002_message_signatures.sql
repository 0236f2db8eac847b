-- The DKIM signatures that were made with the message, sealed; NULL where its domain had no active key.
ALTER TABLE delivery ADD COLUMN signatures BYTEA;
