-- Rights on users are given column by column, so a new column is invisible until it is named here.

-- migrate:up
GRANT SELECT (version) ON account.users TO gateway;

-- migrate:down
REVOKE SELECT (version) ON account.users FROM gateway;
