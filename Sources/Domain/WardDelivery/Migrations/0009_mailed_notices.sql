-- When a notice to a sender went out by mail, or was found to have nobody to go to; null: not yet.
ALTER TABLE delivery_notice ADD COLUMN mailed_at BIGINT;
