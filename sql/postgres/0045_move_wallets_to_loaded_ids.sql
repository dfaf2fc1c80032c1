-- Ids of wallets that are loaded are made from their address, so that all stores agree; that of one a
-- user pointed at first is random. When the address is loaded after all, the row takes the loaded id,
-- and what users wrote about it goes along. Otherwise whoever points at an address first would keep
-- its data out.

-- migrate:up
ALTER TABLE account.user_wallets
    DROP CONSTRAINT user_wallets_wallet_id_fkey,
    ADD CONSTRAINT user_wallets_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id) ON UPDATE CASCADE;
ALTER TABLE portfolio.portfolio_wallets
    DROP CONSTRAINT portfolio_wallets_wallet_id_fkey,
    ADD CONSTRAINT portfolio_wallets_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id) ON UPDATE CASCADE;
ALTER TABLE portfolio.positions
    DROP CONSTRAINT positions_wallet_id_fkey,
    ADD CONSTRAINT positions_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id) ON UPDATE CASCADE;
ALTER TABLE portfolio.transactions
    DROP CONSTRAINT transactions_wallet_id_fkey,
    ADD CONSTRAINT transactions_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id) ON UPDATE CASCADE;
ALTER TABLE trading.traders
    DROP CONSTRAINT traders_wallet_id_fkey,
    ADD CONSTRAINT traders_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id) ON UPDATE CASCADE;
ALTER TABLE alerts.rules
    DROP CONSTRAINT rules_wallet_id_fkey,
    ADD CONSTRAINT rules_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id) ON UPDATE CASCADE;
ALTER TABLE risk.assessments
    DROP CONSTRAINT assessments_wallet_id_fkey,
    ADD CONSTRAINT assessments_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id) ON UPDATE CASCADE;
ALTER TABLE risk.wallet_approvals
    DROP CONSTRAINT wallet_approvals_wallet_id_fkey,
    ADD CONSTRAINT wallet_approvals_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id) ON UPDATE CASCADE;
ALTER TABLE privacy.stealth_meta_addresses
    DROP CONSTRAINT stealth_meta_addresses_registrant_fkey,
    ADD CONSTRAINT stealth_meta_addresses_registrant_fkey
        FOREIGN KEY (user_id, registrant_wallet_id)
        REFERENCES account.user_wallets (user_id, wallet_id)
        ON UPDATE CASCADE ON DELETE SET NULL (registrant_wallet_id);

-- migrate:down
ALTER TABLE privacy.stealth_meta_addresses
    DROP CONSTRAINT stealth_meta_addresses_registrant_fkey,
    ADD CONSTRAINT stealth_meta_addresses_registrant_fkey
        FOREIGN KEY (user_id, registrant_wallet_id)
        REFERENCES account.user_wallets (user_id, wallet_id)
        ON DELETE SET NULL (registrant_wallet_id);
ALTER TABLE account.user_wallets
    DROP CONSTRAINT user_wallets_wallet_id_fkey,
    ADD CONSTRAINT user_wallets_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id);
ALTER TABLE portfolio.portfolio_wallets
    DROP CONSTRAINT portfolio_wallets_wallet_id_fkey,
    ADD CONSTRAINT portfolio_wallets_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id);
ALTER TABLE portfolio.positions
    DROP CONSTRAINT positions_wallet_id_fkey,
    ADD CONSTRAINT positions_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id);
ALTER TABLE portfolio.transactions
    DROP CONSTRAINT transactions_wallet_id_fkey,
    ADD CONSTRAINT transactions_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id);
ALTER TABLE trading.traders
    DROP CONSTRAINT traders_wallet_id_fkey,
    ADD CONSTRAINT traders_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id);
ALTER TABLE alerts.rules
    DROP CONSTRAINT rules_wallet_id_fkey,
    ADD CONSTRAINT rules_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id);
ALTER TABLE risk.assessments
    DROP CONSTRAINT assessments_wallet_id_fkey,
    ADD CONSTRAINT assessments_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id);
ALTER TABLE risk.wallet_approvals
    DROP CONSTRAINT wallet_approvals_wallet_id_fkey,
    ADD CONSTRAINT wallet_approvals_wallet_id_fkey FOREIGN KEY (wallet_id)
        REFERENCES catalog.wallets (id);
