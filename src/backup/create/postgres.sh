# Runs a client of this container's PostgreSQL over its socket. $1 names the run, $2 is the user, $3 the database; the rest is the
# program. The server's own password never leaves the container, and stands in no argument list.
export PGAPPNAME="$1" PGUSER="$2" PGDATABASE="$3" PGCONNECT_TIMEOUT=10
shift 3
if [ -z "${PGPASSWORD:-}" ]; then
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ] && [ -r "$POSTGRES_PASSWORD_FILE" ]; then
        PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    else
        PGPASSWORD="${POSTGRES_PASSWORD:-}"
    fi
    export PGPASSWORD
fi
exec "$@"
