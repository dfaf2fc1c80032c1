-- The tax ledger of a user. Legal records: jobs write them, owners read them, nothing cascades. A
-- natural key makes a second import a no-op instead of a doubled gain; one lot is one purchase,
-- and each sale out of it has a row of its own. Hash partitions by user, all of them made at once.

-- migrate:up
CREATE TYPE portfolio.tax_transaction_type AS ENUM (
    'buy', 'sell', 'swap', 'transfer_in', 'transfer_out', 'staking_reward', 'mining_reward',
    'airdrop', 'gift', 'income', 'expense', 'fee'
);
COMMENT ON TYPE portfolio.tax_transaction_type IS 'What a taxable event is.';

CREATE TYPE portfolio.cost_basis_method AS ENUM ('fifo', 'lifo', 'hifo', 'specific');
COMMENT ON TYPE portfolio.cost_basis_method IS
    'Which purchase a sale is set against: oldest, newest, dearest, or one that is named.';

CREATE TYPE portfolio.tax_category AS ENUM ('capital_gain', 'income', 'expense');
COMMENT ON TYPE portfolio.tax_category IS 'How an event is taxed.';

CREATE TYPE portfolio.tax_report_type AS ENUM ('annual', 'quarterly', 'custom');
COMMENT ON TYPE portfolio.tax_report_type IS 'Which span a tax report covers.';

CREATE TYPE portfolio.tax_report_format AS ENUM ('pdf', 'csv', 'turbotax', 'taxact');
COMMENT ON TYPE portfolio.tax_report_format IS 'Which form a tax report has.';

CREATE TYPE portfolio.tax_report_status AS ENUM ('pending', 'processing', 'completed', 'failed');
COMMENT ON TYPE portfolio.tax_report_status IS 'Where the making of a tax report stands.';

CREATE TABLE portfolio.tax_transactions (
    id uuid NOT NULL DEFAULT ops.uuid_v7(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    tx_hash text NOT NULL
        CHECK (length(tx_hash) BETWEEN 1 AND 128
            AND (tx_hash = lower(tx_hash) OR tx_hash NOT ILIKE '0x%')),
    log_index integer NOT NULL DEFAULT -1 CHECK (log_index >= -1),
    leg smallint NOT NULL DEFAULT 0 CHECK (leg >= 0),
    block_number bigint CHECK (block_number >= 0),
    occurred_at timestamptz NOT NULL,
    tax_year integer NOT NULL
        GENERATED ALWAYS AS (extract(year FROM occurred_at AT TIME ZONE 'UTC')::integer) STORED,
    transaction_type portfolio.tax_transaction_type NOT NULL,
    source_transaction_id uuid,
    asset_in_id uuid REFERENCES catalog.assets (id),
    asset_in_symbol text,
    asset_in_amount numeric(76,18) CHECK (asset_in_amount >= 0),
    asset_in_price_usd numeric(38,18) CHECK (asset_in_price_usd >= 0),
    asset_in_value_usd numeric(38,8) CHECK (asset_in_value_usd >= 0),
    asset_out_id uuid REFERENCES catalog.assets (id),
    asset_out_symbol text,
    asset_out_amount numeric(76,18) CHECK (asset_out_amount >= 0),
    asset_out_price_usd numeric(38,18) CHECK (asset_out_price_usd >= 0),
    asset_out_value_usd numeric(38,8) CHECK (asset_out_value_usd >= 0),
    fee_amount numeric(76,18) CHECK (fee_amount >= 0),
    fee_symbol text,
    fee_value_usd numeric(38,8) CHECK (fee_value_usd >= 0),
    cost_basis_method portfolio.cost_basis_method NOT NULL DEFAULT 'fifo',
    cost_basis_usd numeric(38,8),
    capital_gain_usd numeric(38,8),
    holding_period_days integer CHECK (holding_period_days >= 0),
    is_long_term boolean,
    tax_category portfolio.tax_category,
    is_taxable boolean NOT NULL DEFAULT true,
    notes text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, chain_id, tx_hash, log_index, leg)
) PARTITION BY HASH (user_id);
COMMENT ON TABLE portfolio.tax_transactions IS
    'A taxable event of a user, one row for each leg of a transaction.';
COMMENT ON COLUMN portfolio.tax_transactions.id IS 'Identifier of the event.';
COMMENT ON COLUMN portfolio.tax_transactions.user_id IS 'Whose event it is.';
COMMENT ON COLUMN portfolio.tax_transactions.chain_id IS 'The chain.';
COMMENT ON COLUMN portfolio.tax_transactions.tx_hash IS 'Hash of the transaction.';
COMMENT ON COLUMN portfolio.tax_transactions.log_index IS
    'Position of the event in the block; -1 for the transaction itself.';
COMMENT ON COLUMN portfolio.tax_transactions.leg IS
    'Which part of the event this row is, counted from 0.';
COMMENT ON COLUMN portfolio.tax_transactions.block_number IS
    'Height of the block; null when unknown.';
COMMENT ON COLUMN portfolio.tax_transactions.occurred_at IS 'When it happened (UTC).';
COMMENT ON COLUMN portfolio.tax_transactions.tax_year IS 'Calendar year it happened in (UTC).';
COMMENT ON COLUMN portfolio.tax_transactions.transaction_type IS 'What it is.';
COMMENT ON COLUMN portfolio.tax_transactions.source_transaction_id IS
    'Entry of the portfolio ledger it was made from.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_in_id IS 'The asset received.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_in_symbol IS
    'Ticker of the asset received, as recorded.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_in_amount IS
    'How much was received, in whole units.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_in_price_usd IS
    'Price of one unit received, in US dollars.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_in_value_usd IS
    'Worth of what was received, in US dollars.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_out_id IS 'The asset given up.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_out_symbol IS
    'Ticker of the asset given up, as recorded.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_out_amount IS
    'How much was given up, in whole units.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_out_price_usd IS
    'Price of one unit given up, in US dollars.';
COMMENT ON COLUMN portfolio.tax_transactions.asset_out_value_usd IS
    'Worth of what was given up, in US dollars.';
COMMENT ON COLUMN portfolio.tax_transactions.fee_amount IS
    'Fee paid, in whole units of fee_symbol.';
COMMENT ON COLUMN portfolio.tax_transactions.fee_symbol IS
    'Ticker of the coin the fee was paid in.';
COMMENT ON COLUMN portfolio.tax_transactions.fee_value_usd IS 'Fee paid, in US dollars.';
COMMENT ON COLUMN portfolio.tax_transactions.cost_basis_method IS
    'Which purchases a sale is set against.';
COMMENT ON COLUMN portfolio.tax_transactions.cost_basis_usd IS
    'Cost of what was given up, in US dollars.';
COMMENT ON COLUMN portfolio.tax_transactions.capital_gain_usd IS
    'Proceeds less cost and fee, in US dollars; negative for a loss.';
COMMENT ON COLUMN portfolio.tax_transactions.holding_period_days IS
    'Days between purchase and sale.';
COMMENT ON COLUMN portfolio.tax_transactions.is_long_term IS
    'Whether it was held for more than 365 days.';
COMMENT ON COLUMN portfolio.tax_transactions.tax_category IS 'How it is taxed.';
COMMENT ON COLUMN portfolio.tax_transactions.is_taxable IS
    'Whether it counts at all; moving between own wallets does not.';
COMMENT ON COLUMN portfolio.tax_transactions.notes IS 'Remarks.';
COMMENT ON COLUMN portfolio.tax_transactions.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.tax_transactions.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.tax_transactions
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at('tax_year');
CREATE INDEX tax_transactions_user_id_occurred_at_id_idx
    ON portfolio.tax_transactions (user_id, occurred_at DESC, id DESC);
CREATE INDEX tax_transactions_user_id_tax_year_transaction_type_idx
    ON portfolio.tax_transactions (user_id, tax_year, transaction_type);
CREATE INDEX tax_transactions_tx_hash_idx ON portfolio.tax_transactions (tx_hash);
CREATE INDEX tax_transactions_chain_id_idx ON portfolio.tax_transactions (chain_id);
CREATE INDEX tax_transactions_asset_in_id_idx ON portfolio.tax_transactions (asset_in_id)
    WHERE asset_in_id IS NOT NULL;
CREATE INDEX tax_transactions_asset_out_id_idx ON portfolio.tax_transactions (asset_out_id)
    WHERE asset_out_id IS NOT NULL;
CALL ops.protect('portfolio.tax_transactions', 'user_id', '{select}');
GRANT SELECT ON portfolio.tax_transactions TO gateway;
CALL ops.create_hash_partitions('portfolio.tax_transactions', 4);

CREATE TABLE portfolio.tax_lots (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    asset_id uuid REFERENCES catalog.assets (id),
    asset_symbol text NOT NULL,
    chain_id bigint NOT NULL REFERENCES catalog.chains (id),
    acquired_transaction_id uuid,
    acquired_at timestamptz NOT NULL,
    acquired_amount numeric(76,18) NOT NULL CHECK (acquired_amount > 0),
    acquired_price_usd numeric(38,18) NOT NULL CHECK (acquired_price_usd >= 0),
    cost_basis_usd numeric(38,8) NOT NULL CHECK (cost_basis_usd >= 0),
    remaining_amount numeric(76,18) NOT NULL CHECK (remaining_amount >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (id, user_id),
    UNIQUE NULLS NOT DISTINCT (user_id, acquired_transaction_id, asset_symbol, acquired_at),
    FOREIGN KEY (user_id, acquired_transaction_id)
        REFERENCES portfolio.tax_transactions (user_id, id),
    CONSTRAINT tax_lots_remaining_within_acquired CHECK (remaining_amount <= acquired_amount)
);
COMMENT ON TABLE portfolio.tax_lots IS
    'One purchase, and how much of it is left to set sales against.';
COMMENT ON COLUMN portfolio.tax_lots.id IS 'Identifier of the lot.';
COMMENT ON COLUMN portfolio.tax_lots.user_id IS 'Whose lot it is.';
COMMENT ON COLUMN portfolio.tax_lots.asset_id IS 'The asset bought, when it is in the catalogue.';
COMMENT ON COLUMN portfolio.tax_lots.asset_symbol IS 'Ticker of the asset, as recorded.';
COMMENT ON COLUMN portfolio.tax_lots.chain_id IS 'The chain.';
COMMENT ON COLUMN portfolio.tax_lots.acquired_transaction_id IS
    'The taxable event that bought it; null when entered by hand.';
COMMENT ON COLUMN portfolio.tax_lots.acquired_at IS 'When it was bought (UTC).';
COMMENT ON COLUMN portfolio.tax_lots.acquired_amount IS 'How much was bought, in whole units.';
COMMENT ON COLUMN portfolio.tax_lots.acquired_price_usd IS 'Price of one unit, in US dollars.';
COMMENT ON COLUMN portfolio.tax_lots.cost_basis_usd IS
    'Paid for all of it with fees, in US dollars.';
COMMENT ON COLUMN portfolio.tax_lots.remaining_amount IS
    'How much is not yet sold, in whole units.';
COMMENT ON COLUMN portfolio.tax_lots.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.tax_lots.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.tax_lots
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX tax_lots_open_idx ON portfolio.tax_lots (user_id, asset_symbol, acquired_at, id)
    WHERE remaining_amount > 0;
CREATE INDEX tax_lots_asset_id_idx ON portfolio.tax_lots (asset_id) WHERE asset_id IS NOT NULL;
CREATE INDEX tax_lots_chain_id_idx ON portfolio.tax_lots (chain_id);
CALL ops.protect('portfolio.tax_lots', 'user_id', '{select}');
GRANT SELECT ON portfolio.tax_lots TO gateway;

CREATE TABLE portfolio.tax_lot_disposals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    lot_id uuid NOT NULL,
    transaction_id uuid NOT NULL,
    amount numeric(76,18) NOT NULL CHECK (amount > 0),
    price_usd numeric(38,18) NOT NULL CHECK (price_usd >= 0),
    proceeds_usd numeric(38,8) NOT NULL CHECK (proceeds_usd >= 0),
    gain_usd numeric(38,8) NOT NULL,
    disposed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (lot_id, transaction_id),
    FOREIGN KEY (lot_id, user_id) REFERENCES portfolio.tax_lots (id, user_id),
    FOREIGN KEY (user_id, transaction_id) REFERENCES portfolio.tax_transactions (user_id, id)
);
COMMENT ON TABLE portfolio.tax_lot_disposals IS
    'A sale out of one lot. A sale that empties several lots has a row for each.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.id IS 'Identifier of the disposal.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.user_id IS 'Whose sale it is.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.lot_id IS 'The lot sold from.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.transaction_id IS 'The taxable event that sold it.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.amount IS
    'How much of the lot was sold, in whole units.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.price_usd IS 'Price of one unit, in US dollars.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.proceeds_usd IS 'Received for it, in US dollars.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.gain_usd IS
    'Proceeds less cost, in US dollars; negative for a loss.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.disposed_at IS 'When it was sold (UTC).';
COMMENT ON COLUMN portfolio.tax_lot_disposals.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.tax_lot_disposals.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.tax_lot_disposals
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX tax_lot_disposals_user_id_transaction_id_idx
    ON portfolio.tax_lot_disposals (user_id, transaction_id);
CREATE INDEX tax_lot_disposals_user_id_disposed_at_id_idx
    ON portfolio.tax_lot_disposals (user_id, disposed_at DESC, id DESC);
CALL ops.protect('portfolio.tax_lot_disposals', 'user_id', '{select}');
GRANT SELECT ON portfolio.tax_lot_disposals TO gateway;

CREATE TABLE portfolio.tax_reports (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES account.users (id),
    report_type portfolio.tax_report_type NOT NULL,
    tax_year integer NOT NULL CHECK (tax_year BETWEEN 2009 AND 2200),
    country_code text NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
    start_date date NOT NULL,
    end_date date NOT NULL,
    report_format portfolio.tax_report_format NOT NULL DEFAULT 'csv',
    cost_basis_method portfolio.cost_basis_method NOT NULL DEFAULT 'fifo',
    total_transactions bigint NOT NULL DEFAULT 0 CHECK (total_transactions >= 0),
    total_capital_gains_usd numeric(38,8),
    total_capital_losses_usd numeric(38,8),
    net_capital_gains_usd numeric(38,8),
    long_term_gains_usd numeric(38,8),
    short_term_gains_usd numeric(38,8),
    total_income_usd numeric(38,8),
    total_expenses_usd numeric(38,8),
    file_url text,
    file_size_bytes bigint CHECK (file_size_bytes >= 0),
    status portfolio.tax_report_status NOT NULL DEFAULT 'pending',
    error_message text,
    generated_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, report_type, tax_year, country_code, start_date, end_date, report_format),
    CONSTRAINT tax_reports_dates_are_ordered CHECK (start_date <= end_date)
);
COMMENT ON TABLE portfolio.tax_reports IS
    'A tax report a user asked for, and its totals once it is made.';
COMMENT ON COLUMN portfolio.tax_reports.id IS 'Identifier of the report.';
COMMENT ON COLUMN portfolio.tax_reports.user_id IS 'Whose report it is.';
COMMENT ON COLUMN portfolio.tax_reports.report_type IS 'Which span it covers.';
COMMENT ON COLUMN portfolio.tax_reports.tax_year IS 'Tax year.';
COMMENT ON COLUMN portfolio.tax_reports.country_code IS
    'Country whose rules apply, by ISO 3166-1 alpha-2.';
COMMENT ON COLUMN portfolio.tax_reports.start_date IS 'First day covered (UTC).';
COMMENT ON COLUMN portfolio.tax_reports.end_date IS 'Last day covered (UTC).';
COMMENT ON COLUMN portfolio.tax_reports.report_format IS 'Which form it has.';
COMMENT ON COLUMN portfolio.tax_reports.cost_basis_method IS
    'Which purchases sales are set against.';
COMMENT ON COLUMN portfolio.tax_reports.total_transactions IS 'Taxable events covered.';
COMMENT ON COLUMN portfolio.tax_reports.total_capital_gains_usd IS
    'Sum of gains, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.total_capital_losses_usd IS
    'Sum of losses, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.net_capital_gains_usd IS
    'Gains less losses, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.long_term_gains_usd IS
    'Net gains on what was held for more than 365 days, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.short_term_gains_usd IS
    'Net gains on the rest, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.total_income_usd IS
    'Rewards and other income, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.total_expenses_usd IS
    'Fees and other expenses, in US dollars; null until made.';
COMMENT ON COLUMN portfolio.tax_reports.file_url IS 'Where the file is kept.';
COMMENT ON COLUMN portfolio.tax_reports.file_size_bytes IS 'Size of the file, in bytes.';
COMMENT ON COLUMN portfolio.tax_reports.status IS 'Where the making stands.';
COMMENT ON COLUMN portfolio.tax_reports.error_message IS 'Why it failed.';
COMMENT ON COLUMN portfolio.tax_reports.generated_at IS 'When it was made (UTC).';
COMMENT ON COLUMN portfolio.tax_reports.created_at IS 'When the row was written (UTC).';
COMMENT ON COLUMN portfolio.tax_reports.updated_at IS 'When the row last changed (UTC).';
CREATE TRIGGER set_updated_at BEFORE UPDATE ON portfolio.tax_reports
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
CREATE INDEX tax_reports_user_id_created_at_id_idx
    ON portfolio.tax_reports (user_id, created_at DESC, id DESC);
CREATE INDEX tax_reports_status_created_at_idx ON portfolio.tax_reports (status, created_at)
    WHERE status IN ('pending', 'processing');
CALL ops.protect('portfolio.tax_reports', 'user_id', '{select, insert, delete}');
GRANT SELECT, DELETE, INSERT (
    id, user_id, report_type, tax_year, country_code, start_date, end_date, report_format,
    cost_basis_method
) ON portfolio.tax_reports TO gateway;

-- migrate:down
DROP TABLE portfolio.tax_reports;
DROP TABLE portfolio.tax_lot_disposals;
DROP TABLE portfolio.tax_lots;
DROP TABLE portfolio.tax_transactions;
DROP TYPE portfolio.tax_report_status;
DROP TYPE portfolio.tax_report_format;
DROP TYPE portfolio.tax_report_type;
DROP TYPE portfolio.tax_category;
DROP TYPE portfolio.cost_basis_method;
DROP TYPE portfolio.tax_transaction_type;
