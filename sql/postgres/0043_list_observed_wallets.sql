-- A user who links or follows an address that nobody has looked at yet makes a row in the catalogue,
-- which everybody reads. Until something is observed there, that row says one thing only: that a user
-- has this address or cares for it. So it is in no list and found by no address; whoever pointed at
-- it has its id, which is random.

-- migrate:up
ALTER TABLE catalog.wallets ADD COLUMN is_users_wish boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN catalog.wallets.is_users_wish IS
    'Whether the row was made because a user linked or follows the address.';
ALTER TABLE catalog.wallets ADD COLUMN is_listed boolean NOT NULL GENERATED ALWAYS AS (
    NOT is_users_wish OR label IS NOT NULL OR wallet_type <> 'unknown' OR transaction_count > 0
    OR total_trades > 0 OR first_seen_at IS NOT NULL
) STORED;
COMMENT ON COLUMN catalog.wallets.is_listed IS
    'Whether anybody may find it: not before something is known of an address a user pointed at.';
DROP TRIGGER set_updated_at ON catalog.wallets;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.wallets
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at('is_listed');

CREATE OR REPLACE FUNCTION catalog.follow_wallet(p_chain_id bigint, p_address text) RETURNS uuid
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
    INSERT INTO catalog.wallets (chain_id, address, is_users_wish)
    VALUES (p_chain_id, v_address, true)
    ON CONFLICT DO NOTHING;
    SELECT w.id INTO STRICT v_wallet FROM catalog.wallets AS w
    WHERE w.chain_id = p_chain_id AND w.address = v_address;
    RETURN v_wallet;
END
$body$;

GRANT CREATE ON SCHEMA account TO worker;
SET ROLE worker;
CREATE OR REPLACE FUNCTION account.claim_wallet(p_address text, p_chain_id bigint, p_label text)
RETURNS TABLE (wallet_id uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_user uuid := ops.current_user_id();
    v_wallet uuid;
BEGIN
    IF v_user IS NULL THEN
        RAISE EXCEPTION 'nobody is signed in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT FROM catalog.chains AS c WHERE c.id = p_chain_id AND c.is_evm) THEN
        RETURN QUERY SELECT NULL::uuid, 'unknown_chain';
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('account.claim_wallet:' || lower(p_address), 0));
    IF EXISTS (
        SELECT FROM catalog.wallets AS w
        JOIN account.user_wallets AS l ON l.wallet_id = w.id AND l.verified_at IS NOT NULL
        WHERE w.address = lower(p_address) AND l.user_id <> v_user
    ) THEN
        RETURN QUERY SELECT NULL::uuid, 'refused';
        RETURN;
    END IF;
    INSERT INTO catalog.wallets (chain_id, address, is_users_wish)
    VALUES (p_chain_id, lower(p_address), true)
    ON CONFLICT DO NOTHING;
    SELECT w.id INTO STRICT v_wallet FROM catalog.wallets AS w
    WHERE w.chain_id = p_chain_id AND w.address = lower(p_address);
    INSERT INTO account.user_wallets AS l (user_id, wallet_id, label, verified_at)
    VALUES (v_user, v_wallet, p_label, now())
    ON CONFLICT ON CONSTRAINT user_wallets_pkey DO UPDATE
    SET label = coalesce(excluded.label, l.label), verified_at = excluded.verified_at;
    RETURN QUERY SELECT v_wallet, 'linked';
END
$body$;
RESET ROLE;
REVOKE CREATE ON SCHEMA account FROM worker;

-- migrate:down
GRANT CREATE ON SCHEMA account TO worker;
SET ROLE worker;
CREATE OR REPLACE FUNCTION account.claim_wallet(p_address text, p_chain_id bigint, p_label text)
RETURNS TABLE (wallet_id uuid, outcome text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog
AS $body$
DECLARE
    v_user uuid := ops.current_user_id();
    v_wallet uuid;
BEGIN
    IF v_user IS NULL THEN
        RAISE EXCEPTION 'nobody is signed in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT FROM catalog.chains AS c WHERE c.id = p_chain_id AND c.is_evm) THEN
        RETURN QUERY SELECT NULL::uuid, 'unknown_chain';
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('account.claim_wallet:' || lower(p_address), 0));
    IF EXISTS (
        SELECT FROM catalog.wallets AS w
        JOIN account.user_wallets AS l ON l.wallet_id = w.id AND l.verified_at IS NOT NULL
        WHERE w.address = lower(p_address) AND l.user_id <> v_user
    ) THEN
        RETURN QUERY SELECT NULL::uuid, 'refused';
        RETURN;
    END IF;
    INSERT INTO catalog.wallets (chain_id, address) VALUES (p_chain_id, lower(p_address))
    ON CONFLICT DO NOTHING;
    SELECT w.id INTO STRICT v_wallet FROM catalog.wallets AS w
    WHERE w.chain_id = p_chain_id AND w.address = lower(p_address);
    INSERT INTO account.user_wallets AS l (user_id, wallet_id, label, verified_at)
    VALUES (v_user, v_wallet, p_label, now())
    ON CONFLICT ON CONSTRAINT user_wallets_pkey DO UPDATE
    SET label = coalesce(excluded.label, l.label), verified_at = excluded.verified_at;
    RETURN QUERY SELECT v_wallet, 'linked';
END
$body$;
RESET ROLE;
REVOKE CREATE ON SCHEMA account FROM worker;
CREATE OR REPLACE FUNCTION catalog.follow_wallet(p_chain_id bigint, p_address text) RETURNS uuid
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
DROP TRIGGER set_updated_at ON catalog.wallets;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON catalog.wallets
    FOR EACH ROW EXECUTE FUNCTION ops.set_updated_at();
ALTER TABLE catalog.wallets DROP COLUMN is_listed;
ALTER TABLE catalog.wallets DROP COLUMN is_users_wish;
