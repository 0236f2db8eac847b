-- When the one answer that a request allowed was given; null: not yet, or it allows more than one.
ALTER TABLE unencrypted_request ADD COLUMN answered_at BIGINT;
