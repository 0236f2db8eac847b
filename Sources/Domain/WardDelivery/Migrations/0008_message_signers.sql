-- The fingerprint of the organization's own key that signed the encrypted form; NULL where nobody signed it.
ALTER TABLE delivery_protected ADD COLUMN signer TEXT;
