#!/bin/sh
#
# Runs the executables of /docker-entrypoint.d before nginx, then becomes nginx.
set -eu

case ${1:-} in
  nginx | nginx-debug)
    for script in /docker-entrypoint.d/*.sh; do
      [ ! -x "$script" ] || "$script"
    done
    ;;
esac

exec "$@"
