-- A taxable event leads to the entry of the ledger it was made from, and a user to their purchases.
-- Hashes have one spelling everywhere.

-- migrate:up
CREATE INDEX transactions_id_idx ON portfolio.transactions (id);
CREATE INDEX tax_lots_user_id_acquired_at_id_idx
    ON portfolio.tax_lots (user_id, acquired_at DESC, id DESC);
ALTER TABLE ops.idempotency_keys ADD CONSTRAINT idempotency_keys_input_hash_is_lower_case
    CHECK (input_hash = lower(input_hash));

-- migrate:down
ALTER TABLE ops.idempotency_keys DROP CONSTRAINT idempotency_keys_input_hash_is_lower_case;
DROP INDEX portfolio.tax_lots_user_id_acquired_at_id_idx;
DROP INDEX portfolio.transactions_id_idx;
