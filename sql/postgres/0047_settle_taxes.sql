-- What the tax engine needs to say that it does not know: a purchase of unknown cost has a lot all
-- the same, a sale of unknown proceeds leaves it, and the owner is told what to complete.

-- migrate:up
ALTER TABLE portfolio.tax_transactions ADD COLUMN named_lot_event_ids uuid[]
    CHECK (cardinality(named_lot_event_ids) BETWEEN 1 AND 1000);
COMMENT ON COLUMN portfolio.tax_transactions.named_lot_event_ids IS
    'Events whose purchases this sale is set against, in order, or the ids of lots entered by hand; for specific identification.';

ALTER TABLE portfolio.tax_lots
    ALTER COLUMN acquired_price_usd DROP NOT NULL,
    ALTER COLUMN cost_basis_usd DROP NOT NULL;
COMMENT ON COLUMN portfolio.tax_lots.acquired_price_usd IS
    'Cost of one unit with fees, in US dollars; null when a price is missing.';
COMMENT ON COLUMN portfolio.tax_lots.cost_basis_usd IS
    'Paid for all of it with fees, in US dollars; null when a price is missing.';

CREATE INDEX tax_lots_user_id_asset_key_idx
    ON portfolio.tax_lots (user_id, (coalesce(asset_id::text, asset_symbol)));

-- A fee may be more than what a sale brought, and proceeds are net of fees.
ALTER TABLE portfolio.tax_lot_disposals
    ALTER COLUMN price_usd DROP NOT NULL,
    ALTER COLUMN proceeds_usd DROP NOT NULL,
    ALTER COLUMN gain_usd DROP NOT NULL,
    DROP CONSTRAINT tax_lot_disposals_price_usd_check,
    DROP CONSTRAINT tax_lot_disposals_proceeds_usd_check,
    ADD COLUMN wash_sale_loss_usd numeric(38,8) CHECK (wash_sale_loss_usd > 0);
COMMENT ON COLUMN portfolio.tax_lot_disposals.price_usd IS
    'Proceeds of one unit, in US dollars; null when a price is missing.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.proceeds_usd IS
    'Received for it less fees, in US dollars; null when a price is missing.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.gain_usd IS
    'Proceeds less cost, in US dollars; negative for a loss, null when a price is missing.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.wash_sale_loss_usd IS
    'The part of a loss that a wash sale would disallow, in US dollars; null when there is none or it was not asked for.';

CREATE TYPE portfolio.tax_issue_reason AS ENUM (
    'missing_price', 'missing_fee_price', 'missing_amount', 'no_lot', 'unknown_lot'
);
COMMENT ON TYPE portfolio.tax_issue_reason IS 'Why a taxable event could not be settled.';

CREATE TABLE portfolio.tax_settlements (
    user_id uuid NOT NULL REFERENCES account.users (id),
    asset_key text NOT NULL CHECK (length(asset_key) BETWEEN 1 AND 128),
    fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
    settled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, asset_key)
);
COMMENT ON TABLE portfolio.tax_settlements IS
    'How far the tax engine is: which events of an asset its lots and sales were made from.';
COMMENT ON COLUMN portfolio.tax_settlements.user_id IS 'Whose events.';
COMMENT ON COLUMN portfolio.tax_settlements.asset_key IS
    'The asset: its id, or its ticker when it is not in the catalogue.';
COMMENT ON COLUMN portfolio.tax_settlements.fingerprint IS
    'SHA-256 of the events and the rules; the same means nothing is to be done.';
COMMENT ON COLUMN portfolio.tax_settlements.settled_at IS 'When it was settled (UTC).';
CALL ops.protect('portfolio.tax_settlements', 'user_id', '{select}');
GRANT SELECT ON portfolio.tax_settlements TO gateway;

CREATE TABLE portfolio.tax_issues (
    user_id uuid NOT NULL REFERENCES account.users (id),
    asset_key text NOT NULL CHECK (length(asset_key) BETWEEN 1 AND 128),
    event_id uuid NOT NULL,
    reason portfolio.tax_issue_reason NOT NULL,
    asset_symbol text NOT NULL,
    amount numeric(76,18) CHECK (amount > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, asset_key, event_id, reason)
);
COMMENT ON TABLE portfolio.tax_issues IS
    'What a user has to complete before their taxes are: nothing was guessed in its place.';
COMMENT ON COLUMN portfolio.tax_issues.user_id IS 'Whose event.';
COMMENT ON COLUMN portfolio.tax_issues.asset_key IS
    'The asset: its id, or its ticker when it is not in the catalogue.';
COMMENT ON COLUMN portfolio.tax_issues.event_id IS 'The taxable event.';
COMMENT ON COLUMN portfolio.tax_issues.reason IS 'What is wrong with it.';
COMMENT ON COLUMN portfolio.tax_issues.asset_symbol IS 'Ticker of the asset, as recorded.';
COMMENT ON COLUMN portfolio.tax_issues.amount IS
    'Units concerned; null when unknown.';
COMMENT ON COLUMN portfolio.tax_issues.created_at IS 'When it was found (UTC).';
CALL ops.protect('portfolio.tax_issues', 'user_id', '{select}');
GRANT SELECT ON portfolio.tax_issues TO gateway;

-- migrate:down
DROP TABLE portfolio.tax_issues;
DROP TABLE portfolio.tax_settlements;
DROP TYPE portfolio.tax_issue_reason;
DELETE FROM portfolio.tax_lot_disposals AS d USING portfolio.tax_lots AS l
WHERE l.id = d.lot_id
    AND (d.gain_usd IS NULL OR d.proceeds_usd < 0 OR l.cost_basis_usd IS NULL
        OR l.acquired_price_usd IS NULL);
DELETE FROM portfolio.tax_lots WHERE cost_basis_usd IS NULL OR acquired_price_usd IS NULL;
ALTER TABLE portfolio.tax_lot_disposals
    DROP COLUMN wash_sale_loss_usd,
    ALTER COLUMN price_usd SET NOT NULL,
    ALTER COLUMN proceeds_usd SET NOT NULL,
    ALTER COLUMN gain_usd SET NOT NULL,
    ADD CONSTRAINT tax_lot_disposals_price_usd_check CHECK (price_usd >= 0),
    ADD CONSTRAINT tax_lot_disposals_proceeds_usd_check CHECK (proceeds_usd >= 0);
COMMENT ON COLUMN portfolio.tax_lot_disposals.price_usd IS 'Price of one unit, in US dollars.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.proceeds_usd IS 'Received for it, in US dollars.';
COMMENT ON COLUMN portfolio.tax_lot_disposals.gain_usd IS
    'Proceeds less cost, in US dollars; negative for a loss.';
ALTER TABLE portfolio.tax_lots
    ALTER COLUMN acquired_price_usd SET NOT NULL,
    ALTER COLUMN cost_basis_usd SET NOT NULL;
COMMENT ON COLUMN portfolio.tax_lots.acquired_price_usd IS 'Price of one unit, in US dollars.';
COMMENT ON COLUMN portfolio.tax_lots.cost_basis_usd IS
    'Paid for all of it with fees, in US dollars.';
DROP INDEX portfolio.tax_lots_user_id_asset_key_idx;
ALTER TABLE portfolio.tax_transactions DROP COLUMN named_lot_event_ids;
