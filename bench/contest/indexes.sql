-- Keys by which rows are found, and the orders in which they are listed.
ALTER TABLE contest.protocols ADD CONSTRAINT protocols_slug_key UNIQUE (slug);
CREATE INDEX protocols_tvl_usd_idx ON contest.protocols (tvl_usd DESC NULLS LAST, id);

ALTER TABLE contest.wallets ADD CONSTRAINT wallets_address_key UNIQUE (address);
CREATE INDEX wallets_score_idx ON contest.wallets (score DESC NULLS LAST, id);

ALTER TABLE contest.wallet_transactions
    ADD FOREIGN KEY (wallet_id) REFERENCES contest.wallets (id),
    ADD FOREIGN KEY (protocol_id) REFERENCES contest.protocols (id),
    ADD FOREIGN KEY (token_in_id) REFERENCES contest.tokens (id),
    ADD FOREIGN KEY (token_out_id) REFERENCES contest.tokens (id);
CREATE INDEX wallet_transactions_wallet_id_occurred_at_idx
    ON contest.wallet_transactions (wallet_id, occurred_at DESC, id DESC);

GRANT USAGE ON SCHEMA contest TO gateway;
GRANT SELECT ON ALL TABLES IN SCHEMA contest TO gateway;

-- Row versions are settled now, so that no contestant's reads pay for it.
VACUUM (FREEZE, ANALYZE) contest.protocols, contest.tokens, contest.wallets, contest.wallet_transactions;
