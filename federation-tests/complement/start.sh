#!/bin/sh
# Starts Weft as Complement expects a homeserver: HTTP on 8008, HTTPS on 8448, everything else from SERVER_NAME and /complement.
# Runs again on every start of the container; certificate and settings are made anew, accounts and rooms stay.
set -eu

SERVER_NAME=${SERVER_NAME:-localhost}
program=$(cd "$(dirname "$0")/../.." && pwd)
state=${WEFT_COMPLEMENT_STATE:-/var/lib/weft-complement}
ca=/complement/ca
umask 077
mkdir -p "$state"

# The certificate is for the host, without the port that a server name may have.
case $SERVER_NAME in
  \[*) host=${SERVER_NAME%%]*} host=${host#[} name=IP:$host ;;
  *) host=${SERVER_NAME%:*} name=DNS:$host ;;
esac
case $host in
  *[!0-9.]*) ;;
  *) name=IP:$host ;;
esac

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=weft" -keyout "$state/tls.key" -out "$state/tls.csr" 2>/dev/null
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$name" >"$state/tls.ext"
openssl x509 -req -in "$state/tls.csr" -CA "$ca/ca.crt" -CAkey "$ca/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
  -days 30 -sha256 -extfile "$state/tls.ext" -out "$state/tls.crt" 2>/dev/null

registrations=
for file in /complement/appservice/*.yaml; do
  if [ -e "$file" ]; then registrations="$registrations${registrations:+, }\"$file\""; fi
done

cat >"$state/weft.yaml" <<SETTINGS
server_name: "$SERVER_NAME"
public_base_url: "http://$host:8008"
data_dir: "$state/data"
listeners:
  - port: 8008
  - port: 8448
    tls: { cert_file: "$state/tls.crt", key_file: "$state/tls.key" }
registration:
  enabled: true
  shared_secret: complement
  guests: true
# Some of Complement's passwords are short.
password_policy: { min_length: 1 }
federation:
  ca_files: ["$ca/ca.crt"]
  allow_private_addresses: true
  # Complement has no server that vouches for other servers' keys.
  trusted_key_servers: []
rate_limits: { enabled: false }
appservices: { files: [$registrations] }
# Many of Complement's tests list a room's creator in its power levels, which room version 12 forbids.
rooms: { default_version: "11" }
media: { allow_private_addresses: true, url_previews: true, unauthenticated_downloads: true }
push: { allow_private_addresses: true }
log: { level: ${WEFT_COMPLEMENT_LOG:-info}, format: json }
SETTINGS

# The Node that comes as a dependency where there is one: an older one of the machine would only start that.
node=$program/node_modules/node/bin/node
[ -x "$node" ] || node=node
exec "$node" "$program/bin/weft.js" --config "$state/weft.yaml" start
