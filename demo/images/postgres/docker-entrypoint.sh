#!/usr/bin/env bash
#
# Starts PostgreSQL, creating the cluster first where there is none. Honours what the official image documents:
# POSTGRES_{PASSWORD,USER,DB,INITDB_ARGS}[_FILE], POSTGRES_INITDB_WALDIR, POSTGRES_HOST_AUTH_METHOD, PGDATA and
# /docker-entrypoint-initdb.d/*.{sh,sql,sql.gz,sql.zst}.
set -Eeuo pipefail

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# from_file NAME [DEFAULT]: NAME from the environment, or from the file that NAME_FILE names; both is a mistake.
from_file() {
  local name=$1 file_name=$1_FILE value=${2:-}
  [[ -z ${!name:-} || -z ${!file_name:-} ]] || fail "both $name and $file_name are set (but are exclusive)"
  if [[ -n ${!name:-} ]]; then
    value=${!name}
  elif [[ -n ${!file_name:-} ]]; then
    value=$(<"${!file_name}")
  fi
  export "$name=$value"
  unset "$file_name"
}

wants_help_only() {
  local argument
  for argument; do
    case $argument in -'?' | --help | --describe-config | -V | --version) return 0 ;; esac
  done
  return 1
}

prepare_directories() {
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA" || :
  mkdir -p /run/postgresql || :
  if [[ -n ${POSTGRES_INITDB_WALDIR:-} ]]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 0700 "$POSTGRES_INITDB_WALDIR"
  fi
  if [[ $(id -u) == 0 ]]; then
    [[ -z ${POSTGRES_INITDB_WALDIR:-} ]] || find "$POSTGRES_INITDB_WALDIR" ! -user postgres -exec chown postgres {} +
    find "$PGDATA" ! -user postgres -exec chown postgres {} +
    find /run/postgresql ! -user postgres -exec chown postgres {} +
  fi
}

read_settings() {
  from_file POSTGRES_PASSWORD
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS
  : "${POSTGRES_HOST_AUTH_METHOD:=}"
}

require_password() {
  if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
    fail 'Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser,
       or POSTGRES_HOST_AUTH_METHOD=trust, which lets everybody in (not recommended).'
  fi
}

create_cluster() {
  local -a arguments=(--username="$POSTGRES_USER")
  [[ -z ${POSTGRES_INITDB_WALDIR:-} ]] || arguments+=(--waldir="$POSTGRES_INITDB_WALDIR")
  # A process substitution keeps the password off the disk and out of argv. POSTGRES_INITDB_ARGS holds several
  # shell-quoted arguments, hence the eval.
  eval 'initdb "${arguments[@]}" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") '"$POSTGRES_INITDB_ARGS"
}

allow_remote_clients() {
  local method=$POSTGRES_HOST_AUTH_METHOD
  [[ $1 != postgres ]] || shift
  [[ -n $method ]] || method=$(postgres -C password_encryption "$@")
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

start_for_setup() {
  [[ $1 != postgres ]] || shift
  # Only the socket: nobody must take a half-made database for a ready one.
  set -- "$@" -c listen_addresses='' -p "${PGPORT:-5432}"
  NOTIFY_SOCKET='' PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@")" -w start
}

sql() {
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password "$@"
}

create_database() {
  local found
  found=$(sql --dbname postgres --set db="$POSTGRES_DB" --tuples-only \
    <<<"SELECT 1 FROM pg_database WHERE datname = :'db';")
  [[ -n $found ]] || sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
}

run_init_files() {
  local file
  for file; do
    case $file in
      *.sh)
        printf '%s: running %s\n' "$0" "$file"
        # shellcheck source=/dev/null
        if [[ -x $file ]]; then "$file"; else . "$file"; fi
        ;;
      *.sql) printf '%s: running %s\n' "$0" "$file"; sql --dbname "$POSTGRES_DB" -f "$file" ;;
      *.sql.gz) printf '%s: running %s\n' "$0" "$file"; gunzip -c "$file" | sql --dbname "$POSTGRES_DB" ;;
      *.sql.zst) printf '%s: running %s\n' "$0" "$file"; zstd -dc "$file" | sql --dbname "$POSTGRES_DB" ;;
      *) printf '%s: ignoring %s\n' "$0" "$file" ;;
    esac
  done
}

initialise() {
  require_password
  create_cluster
  allow_remote_clients "$@"
  export PGPASSWORD=${PGPASSWORD-$POSTGRES_PASSWORD}
  start_for_setup "$@"
  create_database
  shopt -s nullglob
  run_init_files /docker-entrypoint-initdb.d/*
  shopt -u nullglob
  PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

main() {
  # `docker run IMAGE -c work_mem=8MB` means the server.
  [[ ${1:-} != -* ]] || set -- postgres "$@"
  if [[ ${1:-} == postgres ]] && ! wants_help_only "$@"; then
    prepare_directories
    [[ $(id -u) != 0 ]] || exec gosu postgres "${BASH_SOURCE[0]}" "$@"
    read_settings
    if [[ -s $PGDATA/PG_VERSION ]]; then
      printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
    else
      initialise "$@"
    fi
  fi
  exec "$@"
}

main "$@"
