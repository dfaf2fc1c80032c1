-- What the worker needs to deliver: which destination a delivery is for, how often it was tried, and
-- what came of each try. A claim moves next_attempt_at past its lease, so what a killed worker held
-- falls due again by itself, under the same id.

-- migrate:up
ALTER TABLE alerts.deliveries ADD COLUMN destination_id uuid;
ALTER TABLE alerts.deliveries ADD COLUMN attempt_count integer NOT NULL DEFAULT 0
    CHECK (attempt_count >= 0);
COMMENT ON COLUMN alerts.deliveries.destination_id IS
    'Where it goes; null for the mail address of the account. Not a foreign key: what was sent '
    'outlives the destination.';
COMMENT ON COLUMN alerts.deliveries.attempt_count IS
    'How often it was tried, the try at work included; only the newest try may say how it ended.';

CREATE TABLE alerts.delivery_attempts (
    delivery_created_at timestamptz NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    user_id uuid NOT NULL REFERENCES account.users (id),
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    status alerts.delivery_status,
    error_message text,
    PRIMARY KEY (delivery_created_at, delivery_id, number),
    FOREIGN KEY (delivery_created_at, delivery_id)
        REFERENCES alerts.deliveries (created_at, id) ON DELETE CASCADE,
    CONSTRAINT delivery_attempts_finished_has_status
        CHECK ((finished_at IS NULL) = (status IS NULL))
) PARTITION BY RANGE (delivery_created_at);
COMMENT ON TABLE alerts.delivery_attempts IS 'The tries of each delivery.';
COMMENT ON COLUMN alerts.delivery_attempts.delivery_created_at IS
    'When the delivery was planned (UTC); part of its key.';
COMMENT ON COLUMN alerts.delivery_attempts.delivery_id IS 'The delivery.';
COMMENT ON COLUMN alerts.delivery_attempts.number IS 'Which try it was, counted from 1.';
COMMENT ON COLUMN alerts.delivery_attempts.user_id IS 'Who is told.';
COMMENT ON COLUMN alerts.delivery_attempts.started_at IS 'When it began (UTC).';
COMMENT ON COLUMN alerts.delivery_attempts.finished_at IS
    'When it ended (UTC); null while it is at work, and for good when its worker vanished.';
COMMENT ON COLUMN alerts.delivery_attempts.status IS 'How it ended.';
COMMENT ON COLUMN alerts.delivery_attempts.error_message IS 'Why it failed.';
CREATE INDEX delivery_attempts_user_id_delivery_created_at_idx
    ON alerts.delivery_attempts (user_id, delivery_created_at DESC);
CALL ops.protect('alerts.delivery_attempts', 'user_id', '{select}');
GRANT SELECT ON alerts.delivery_attempts TO gateway;
CALL ops.create_default_partition('alerts.delivery_attempts');
SELECT ops.ensure_partitions(3);

-- migrate:down
DROP TABLE alerts.delivery_attempts;
ALTER TABLE alerts.deliveries DROP COLUMN attempt_count;
ALTER TABLE alerts.deliveries DROP COLUMN destination_id;
