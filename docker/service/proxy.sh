#!/bin/sh
# Start nginx with nginx.conf, in which @names@ stand for this container's addresses.
# With SERVICE_CERTIFICATE, a folder that holds tls.crt and tls.key, it speaks TLS.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
run=${SERVICE_RUN:-/tmp}
listen=${SERVICE_LISTEN:-8080}
tls=
if [ -n "${SERVICE_CERTIFICATE:-}" ]; then
    listen="$listen ssl"
    tls="ssl_certificate $SERVICE_CERTIFICATE/tls.crt; ssl_certificate_key $SERVICE_CERTIFICATE/tls.key;"
fi
user=
if [ "$(id -u)" = 0 ]; then user="user $(id -un) $(id -gn);"; fi # others would only be warned
sed -e "s|@here@|$here|" -e "s|@run@|$run|" -e "s|@listen@|$listen|" -e "s|@tls@|$tls|" \
    -e "s|@user@|$user|" \
    -e "s|@resolver@|${SERVICE_RESOLVER:-127.0.0.11}|" \
    -e "s|@tracking@|${SERVICE_TRACKING:-tracking:5000}|" \
    -e "s|@model@|${SERVICE_MODEL:-serve:5001}|" \
    "$here/nginx.conf" >"$run/nginx.conf"
rm -f "$run/login.sock"  # which a killed nginx leaves, and the next one would not bind
exec nginx -e stderr -p "$run" -c "$run/nginx.conf"
