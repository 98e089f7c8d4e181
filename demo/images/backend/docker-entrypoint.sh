#!/bin/sh
#
# Exports the secret files, migrates when asked to, becomes the server. Its arguments mean nothing, as in the real image.
set -eu

# All but metrics_token: whoever deploys must export METRICS_TOKEN.
for name in DATABASE_URL REDIS_URL JWT_SECRET ENCRYPTION_KEY PLEX_CLIENT_ID PLEX_CLIENT_SECRET; do
  file=/run/secrets/$(echo "$name" | tr '[:upper:]' '[:lower:]')
  if [ -r "$file" ]; then
    export "$name=$(cat "$file")"
  fi
done

if [ "${RUN_MIGRATIONS:-false}" = true ]; then
  npx prisma migrate deploy
fi

exec medianest-demo backend
