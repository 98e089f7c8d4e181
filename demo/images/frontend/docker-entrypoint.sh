#!/bin/sh
#
# Exports the secret file, becomes the server. Its arguments mean nothing, as in the real image.
set -eu

if [ -r /run/secrets/nextauth_secret ]; then
  NEXTAUTH_SECRET=$(cat /run/secrets/nextauth_secret)
  export NEXTAUTH_SECRET
fi

exec medianest-demo frontend
