#!/bin/bash
# Makes the roles of sql/postgres/bootstrap.sql when the server's volume is new. Run by the postgres
# image; passwords come from the environment and never stand on a command line.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --output /dev/null <<SQL
\getenv gateway POSTGRES_GATEWAY_PASSWORD
\getenv worker POSTGRES_WORKER_PASSWORD
\getenv migrator POSTGRES_MIGRATOR_PASSWORD
\getenv analytics POSTGRES_ANALYTICS_PASSWORD
SELECT set_config('bootstrap.gateway_password', :'gateway', false),
       set_config('bootstrap.worker_password', :'worker', false),
       set_config('bootstrap.migrator_password', :'migrator', false),
       set_config('bootstrap.analytics_password', :'analytics', false);
\i ${BOOTSTRAP_SQL:-/bootstrap/bootstrap.sql}
SQL
