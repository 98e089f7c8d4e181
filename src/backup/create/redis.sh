# Runs a program that may ask this container's Redis. Its own password never leaves the container, and stands in no argument list.
if [ -z "${REDISCLI_AUTH:-}" ]; then
    for file in "${REDIS_PASSWORD_FILE:-}" /run/secrets/*redis*pass*; do
        if [ -n "$file" ] && [ -r "$file" ]; then
            REDISCLI_AUTH=$(cat "$file")
            break
        fi
    done
    REDISCLI_AUTH="${REDISCLI_AUTH:-${REDIS_PASSWORD:-}}"
    if [ -n "$REDISCLI_AUTH" ]; then export REDISCLI_AUTH; else unset REDISCLI_AUTH; fi
fi
exec "$@"
