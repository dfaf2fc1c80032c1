-- The gateway says where users are told as the worker knows it, so that both agree on what is not used any more.

-- migrate:up
GRANT SELECT ON alerts.recipients TO gateway;

-- migrate:down
REVOKE SELECT ON alerts.recipients FROM gateway;
