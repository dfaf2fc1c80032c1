-- Dashboards. Every statement names the user beside row level security, or asks a function of the store.

-- name: count_view :exec
-- Counts that a published dashboard was opened by somebody other than its maker.
SELECT account.count_dashboard_view(:id::uuid);

-- name: open_shared :exec
-- The dashboard behind a link, by the hash of its token, counted as opened.
SELECT name, description, layout, widgets, view_count, shared_until, created_at, updated_at
FROM account.open_shared_dashboard(:share_token_hash::bytea);

-- name: count :one
-- How many dashboards a user has.
-- index: dashboards_user_id_created_at_id_idx
SELECT count(*) AS count FROM account.dashboards WHERE user_id = :user_id::uuid AND deleted_at IS NULL;

-- name: create :exec
-- A new dashboard.
INSERT INTO account.dashboards (user_id, name, description, is_default, is_public, layout, widgets)
VALUES (
    :user_id::uuid, :name, :description, :is_default::boolean, :is_public::boolean, :layout::jsonb, :widgets::jsonb
)
RETURNING id, name, description, is_default, is_public, layout, widgets, version;

-- name: lock :one
-- A dashboard that is about to be edited.
-- index: dashboards_pkey
SELECT id, name, description, is_default, is_public, layout, widgets, version
FROM account.dashboards
WHERE id = :id::uuid AND user_id = :user_id::uuid AND deleted_at IS NULL
FOR UPDATE;

-- name: update :exec
-- A dashboard as it shall be.
UPDATE account.dashboards
SET name = :name, description = :description, is_default = :is_default::boolean, is_public = :is_public::boolean,
    layout = :layout::jsonb, widgets = :widgets::jsonb
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING id, name, description, is_default, is_public, layout, widgets, version;

-- name: yield_default :exec
-- The dashboard that opens first does so no more, unless it is the one named.
UPDATE account.dashboards SET is_default = false
WHERE user_id = :user_id::uuid AND is_default AND deleted_at IS NULL AND id IS DISTINCT FROM :id::uuid
RETURNING id, name, is_default, version;

-- name: link :exec
-- A link to a dashboard, or none.
UPDATE account.dashboards
SET share_token_hash = :share_token_hash::bytea, share_expires_at = :share_expires_at::timestamptz
WHERE id = :id::uuid AND user_id = :user_id::uuid AND deleted_at IS NULL
RETURNING id, share_expires_at;

-- name: delete :exec
-- Throws a dashboard away, and the link to it.
UPDATE account.dashboards SET deleted_at = now(), share_token_hash = NULL, share_expires_at = NULL
WHERE id = :id::uuid AND user_id = :user_id::uuid
RETURNING id;
