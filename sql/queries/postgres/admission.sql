-- Who is behind a credential. These run before anybody is known, through functions that look past row level
-- security and answer with one row at most.

-- name: session :one
-- The live session with a token of this SHA-256, and what its user may do now.
SELECT session_id, user_id, role, tier, expires_at FROM account.admit_session(:token_hash::bytea);

-- name: api_key :one
-- The live API key with this SHA-256, what it is limited to, and what its user may do now.
SELECT api_key_id, user_id, role, tier, scopes, allowed_ips, expires_at FROM account.admit_api_key(:key_hash::bytea);

-- name: user :one
-- What a user may do now, if they may sign in.
SELECT user_id, role, tier FROM account.admit_user(:user_id::uuid);

-- name: wallet :one
-- What the user may do now who alone proved to hold this address, in lower case.
SELECT user_id, role, tier FROM account.admit_wallet(:address::text);

-- name: note_use :exec
-- Adds requests to API keys, and says when keys and sessions were last used.
-- params: api_key_ids, counts, session_ids, at
SELECT account.note_use(:api_key_ids::uuid[], :counts::bigint[], :session_ids::uuid[], :at::timestamptz);
