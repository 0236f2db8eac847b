-- The message that the one answer went out with: the request covers its attempts and no other message. Null: answered by none, or
-- before this was kept.
ALTER TABLE unencrypted_request ADD COLUMN answered_by BYTEA;
