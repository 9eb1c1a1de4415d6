#!/bin/sh
# Run an entry of the project in the team's service, as the user whose MLFLOW_TRACKING_USERNAME and
# MLFLOW_TRACKING_PASSWORD are in the environment:
#
#   docker/run.sh cnn_search -P preset=quick -P ray_address=auto -P workers=4
#
# The password goes through a pipe: Docker would show it in a command line.
set -eu
: "${MLFLOW_TRACKING_USERNAME:?is the name of a user of the service}"
: "${MLFLOW_TRACKING_PASSWORD:?is the password of that user}"
printf '%s\n' "$MLFLOW_TRACKING_USERNAME" "$MLFLOW_TRACKING_PASSWORD" |
    docker compose --file "$(dirname "$0")/compose.yaml" exec -T ray-head sh -c '
        read -r MLFLOW_TRACKING_USERNAME && read -r MLFLOW_TRACKING_PASSWORD
        export MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD
        export LOGNAME="$MLFLOW_TRACKING_USERNAME" # whose run it is, for MLflow
        exec mlflow run . --env-manager local -e "$@"' sh "$@"
