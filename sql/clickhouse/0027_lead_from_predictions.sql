-- What a forecast is about is a word, because markets have no id; where it is an asset or a protocol,
-- this is its id, so that one leads to the other.

-- migrate:up transaction:false

ALTER TABLE predictions
    ADD COLUMN IF NOT EXISTS target_uuid Nullable(UUID) ALIAS toUUIDOrNull(target_id)
    COMMENT 'The asset or protocol it is about; catalog.assets.id or catalog.protocols.id';

-- migrate:down transaction:false

ALTER TABLE predictions DROP COLUMN IF EXISTS target_uuid;
