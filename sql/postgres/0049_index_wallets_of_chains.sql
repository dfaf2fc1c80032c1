-- The most active wallets of each of many chains, without a sort of all wallets of each.

-- migrate:up
CREATE INDEX wallets_chain_id_transaction_count_id_idx
    ON catalog.wallets (chain_id, transaction_count DESC, id DESC) WHERE is_listed;

-- migrate:down
DROP INDEX catalog.wallets_chain_id_transaction_count_id_idx;
