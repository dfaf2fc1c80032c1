-- What owners may add to what jobs write: words of their own on entries of the ledger and notes on
-- taxable events, a wallet nobody has looked at yet, and the wish for a tax report they no longer have.

-- migrate:up
CREATE POLICY owner_update ON portfolio.transactions FOR UPDATE TO gateway
    USING (user_id = (SELECT ops.current_user_id()))
    WITH CHECK (user_id = (SELECT ops.current_user_id()));
GRANT UPDATE (category, subcategory, tags) ON portfolio.transactions TO gateway;

CREATE POLICY owner_update ON portfolio.tax_transactions FOR UPDATE TO gateway
    USING (user_id = (SELECT ops.current_user_id()))
    WITH CHECK (user_id = (SELECT ops.current_user_id()));
GRANT UPDATE (notes) ON portfolio.tax_transactions TO gateway;

-- The catalogue is written by jobs. An address is a public fact that anybody may point at, so a user
-- can have one followed; everything known of it comes from the chain all the same.
CREATE FUNCTION catalog.follow_wallet(p_chain_id bigint, p_address text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_address text := CASE WHEN p_address ILIKE '0x%' THEN lower(p_address) ELSE p_address END;
    v_wallet uuid;
BEGIN
    IF ops.current_user_id() IS NULL THEN
        RAISE EXCEPTION 'nobody is signed in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO catalog.wallets (chain_id, address) VALUES (p_chain_id, v_address)
    ON CONFLICT DO NOTHING;
    SELECT w.id INTO STRICT v_wallet FROM catalog.wallets AS w
    WHERE w.chain_id = p_chain_id AND w.address = v_address;
    RETURN v_wallet;
END
$body$;
COMMENT ON FUNCTION catalog.follow_wallet(bigint, text) IS
    'The wallet at an address of a chain, made when it is new. For a signed-in user only.';
REVOKE ALL ON FUNCTION catalog.follow_wallet(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.follow_wallet(bigint, text) TO gateway;

-- Which sales belong to a portfolio is found through the ledger entry they were made from.
CREATE INDEX tax_transactions_source_transaction_id_idx
    ON portfolio.tax_transactions (source_transaction_id)
    WHERE source_transaction_id IS NOT NULL;

-- migrate:down
DROP INDEX portfolio.tax_transactions_source_transaction_id_idx;
DROP FUNCTION catalog.follow_wallet(bigint, text);
REVOKE UPDATE (notes) ON portfolio.tax_transactions FROM gateway;
DROP POLICY owner_update ON portfolio.tax_transactions;
REVOKE UPDATE (category, subcategory, tags) ON portfolio.transactions FROM gateway;
DROP POLICY owner_update ON portfolio.transactions;
