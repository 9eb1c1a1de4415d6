#!/bin/sh
# The tracking server's database: made on an empty volume (Postgres's image runs this once, without
# an argument), written to the output (backup), or replaced by what comes in (restore).
set -eu
export PGUSER="${POSTGRES_USER:-postgres}"
case "${1:-create}" in
create) # the role owns its database, and is no superuser
    psql -v ON_ERROR_STOP=1 --quiet --dbname postgres <<SQL
\set password \`cat '${SERVICE_SECRETS:-/run/secrets}/database_password'\`
CREATE ROLE mlflow LOGIN PASSWORD :'password';
CREATE DATABASE mlflow OWNER mlflow;
REVOKE ALL ON DATABASE mlflow FROM PUBLIC;
SQL
    ;;
backup)
    pg_dump --format custom --no-owner mlflow
    ;;
restore)
    pg_restore --clean --if-exists --no-owner --role mlflow --single-transaction --dbname mlflow
    ;;
esac
