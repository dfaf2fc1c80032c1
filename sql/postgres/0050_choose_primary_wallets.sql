-- The first wallet a user links is their primary one, and there is one as long as they have wallets.

-- migrate:up
GRANT CREATE ON SCHEMA account TO worker;
SET ROLE worker;

-- Of two users who claim one address at once, the second waits for the first; so does one user who
-- links two, or there might be two primary ones.
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
    PERFORM pg_advisory_xact_lock(hashtextextended('account.user_wallets:' || v_user::text, 0));
    INSERT INTO account.user_wallets AS l (user_id, wallet_id, label, verified_at, is_primary)
    VALUES (
        v_user, v_wallet, p_label, now(),
        NOT EXISTS (SELECT FROM account.user_wallets AS o WHERE o.user_id = v_user AND o.is_primary)
    )
    ON CONFLICT ON CONSTRAINT user_wallets_pkey DO UPDATE
    SET label = coalesce(excluded.label, l.label), verified_at = excluded.verified_at,
        is_primary = l.is_primary OR excluded.is_primary;
    RETURN QUERY SELECT v_wallet, 'linked';
END
$body$;

UPDATE account.user_wallets AS l SET is_primary = true
FROM (
    SELECT DISTINCT ON (w.user_id) w.user_id, w.wallet_id FROM account.user_wallets AS w
    WHERE NOT EXISTS (
        SELECT FROM account.user_wallets AS o WHERE o.user_id = w.user_id AND o.is_primary
    )
    ORDER BY w.user_id, w.verified_at IS NULL, w.created_at, w.wallet_id
) AS first
WHERE l.user_id = first.user_id AND l.wallet_id = first.wallet_id;

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
