#!/bin/sh
# Start nginx with nginx.conf, in which @names@ stand for this container's addresses.
# With SERVICE_CERTIFICATE, a folder that holds tls.crt and tls.key, it speaks TLS.
set -eu
run=${SERVICE_RUN:-/tmp}
listen=${SERVICE_LISTEN:-8080}
tls=
if [ -n "${SERVICE_CERTIFICATE:-}" ]; then
    listen="$listen ssl"
    tls="ssl_certificate $SERVICE_CERTIFICATE/tls.crt; ssl_certificate_key $SERVICE_CERTIFICATE/tls.key;"
fi
sed -e "s|@run@|$run|" -e "s|@listen@|$listen|" -e "s|@tls@|$tls|" \
    -e "s|@user@|$(id -un) $(id -gn)|" \
    -e "s|@tracking@|${SERVICE_TRACKING:-tracking:5000}|" \
    -e "s|@model@|${SERVICE_MODEL:-127.0.0.1:5001}|" \
    "$(dirname "$0")/nginx.conf" >"$run/nginx.conf"
rm -f "$run/login.sock"  # which a killed nginx leaves, and the next one would not bind
exec nginx -e stderr -p "$run" -c "$run/nginx.conf"
