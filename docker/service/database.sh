#!/bin/sh
# The tracking server's database: made on an empty volume (Postgres's image runs this once, without
# an argument), written to the output (backup), or replaced by what comes in (restore).
set -eu
export PGUSER="${POSTGRES_USER:-postgres}"
do_sql() { psql -v ON_ERROR_STOP=1 --quiet --dbname postgres; }
case "${1:-create}" in
create) # the role owns its database, and is no superuser
    do_sql <<SQL
\set password \`cat '${SERVICE_SECRETS:-/run/secrets}/database_password'\`
CREATE ROLE mlflow LOGIN PASSWORD :'password';
CREATE DATABASE mlflow OWNER mlflow;
REVOKE ALL ON DATABASE mlflow FROM PUBLIC;
SQL
    ;;
backup)
    pg_dump --format custom --no-owner mlflow
    ;;
restore) # beside the present one, which goes when all of it is there: it may have newer tables
    do_sql <<SQL
DROP DATABASE IF EXISTS replaced WITH (FORCE);
DROP DATABASE IF EXISTS restored WITH (FORCE);
CREATE DATABASE restored OWNER mlflow;
REVOKE ALL ON DATABASE restored FROM PUBLIC;
SQL
    pg_restore --no-owner --role mlflow --single-transaction --dbname restored
    do_sql <<SQL
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'mlflow' \g /dev/null
BEGIN;
ALTER DATABASE mlflow RENAME TO replaced;
ALTER DATABASE restored RENAME TO mlflow;
COMMIT;
DROP DATABASE replaced WITH (FORCE);
SQL
    ;;
esac
