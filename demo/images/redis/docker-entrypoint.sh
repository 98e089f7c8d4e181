#!/bin/sh
#
# Starts Redis as its own user, however the container was started.
set -eu

# `docker run IMAGE --appendonly yes` and `docker run IMAGE some.conf` mean the server.
case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1:-}" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis {} +
  exec gosu redis "$0" "$@"
fi

# Files that Redis makes hold the data; only its own user reads them.
[ "$(umask)" != 0022 ] || umask 0077

exec "$@"
