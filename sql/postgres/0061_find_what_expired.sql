-- What the purge looks for: things thrown away by their owners, and links to dashboards that ended.

-- migrate:up
CREATE INDEX rules_deleted_at_idx ON alerts.rules (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX dashboards_deleted_at_idx ON account.dashboards (deleted_at)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX dashboards_share_expires_at_idx ON account.dashboards (share_expires_at)
    WHERE share_expires_at IS NOT NULL;

-- migrate:down
DROP INDEX account.dashboards_share_expires_at_idx;
DROP INDEX account.dashboards_deleted_at_idx;
DROP INDEX alerts.rules_deleted_at_idx;
