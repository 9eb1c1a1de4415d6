#!/bin/sh
# The role and the database of the tracking server. Postgres's image runs this once, on an empty
# volume; the role owns its database and is no superuser.
set -eu
psql -v ON_ERROR_STOP=1 --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres <<SQL
\set password \`cat '${SERVICE_SECRETS:-/run/secrets}/database_password'\`
CREATE ROLE mlflow LOGIN PASSWORD :'password';
CREATE DATABASE mlflow OWNER mlflow;
REVOKE ALL ON DATABASE mlflow FROM PUBLIC;
SQL
