#!/bin/sh
# Run an entry of the project in the team's service, as the user whose MLFLOW_TRACKING_USERNAME and
# MLFLOW_TRACKING_PASSWORD are in the environment:
#
#   docker/run.sh cnn_search -P preset=quick -P ray_address=auto -P workers=4
#   docker/run.sh stop    # stop all that was started so; Ctrl-C stops your own
#
# The password goes through a pipe: Docker would show it in a command line.
set -eu
folder=$(dirname "$0")
in_head() { ${new_session:-} docker compose --project-directory "$folder" exec -T ray-head sh -c "$@"; }
# Docker passes no signal on to what it runs, so that is found by a name in its environment.
stop() {
    in_head '
        for process in /proc/[0-9]*; do
            if tr "\0" "\n" <"$process/environ" | grep -q "^FMNIST_RUN=$1"; then
                kill -INT "${process#/proc/}"
            fi
        done 2>/dev/null' sh "$1" </dev/null
}
if [ "${1:-}" = stop ]; then
    stop ''
    exit
fi
: "${MLFLOW_TRACKING_USERNAME:?is the name of a user of the service}"
: "${MLFLOW_TRACKING_PASSWORD:?is the password of that user}"
name=$(date +%s)-$$
new_session=$(command -v setsid || true) # where Ctrl-C does not end what shows the output
trap 'new_session= && stop "$name"' INT TERM
printf '%s\n' "$MLFLOW_TRACKING_USERNAME" "$MLFLOW_TRACKING_PASSWORD" |
    in_head '
        read -r MLFLOW_TRACKING_USERNAME && read -r MLFLOW_TRACKING_PASSWORD
        export MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD FMNIST_RUN="$1"
        export LOGNAME="$MLFLOW_TRACKING_USERNAME" # whose run it is, for MLflow
        shift
        exec mlflow run . --env-manager local -e "$@"' sh "$name" "$@" &
running=$!
while :; do # a signal ends the waiting, and not what is waited for
    wait "$running" && status=0 || status=$?
    kill -0 "$running" 2>/dev/null || break
done
published=$(docker compose --project-directory "$folder" port proxy 8080)
# 0.0.0.0 stands for all addresses of this machine; a browser needs one of them.
echo "The runs: http://$(echo "$published" | sed 's/^0\.0\.0\.0:/127.0.0.1:/')"
exit "$status"
