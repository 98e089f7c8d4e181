#!/usr/bin/env bash
# Every test, the real engine included. Fails when a test leaves a container, network or volume behind.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cargo-nextest >/dev/null; then
    echo "installing cargo-nextest"
    cargo install --quiet --locked cargo-nextest
fi
tests/tools.sh
inventory() {
    docker ps --all --quiet --no-trunc | sort
    docker network ls --quiet --no-trunc | sort
    docker volume ls --quiet | sort
}
before=$(inventory)
status=0
cargo nextest run --workspace --locked "$@" || status=$?
# Older engines lose count of a network's endpoints now and then, and refuse to remove it although nothing is in it. Such a
# network is the engine's to forget (its restart does); everything else that is left is a defect of a test.
lost_count() {
    [ "$(docker network inspect --format '{{len .Containers}}' "$1" 2>/dev/null)" = 0 ] || return 1
    local answer
    answer=$(docker network rm "$1" 2>&1) || true
    [[ $answer == *"has active endpoints"* ]]
}
left=$(comm -13 <(printf '%s\n' "$before") <(inventory))
for object in $left; do
    if lost_count "$object"; then
        echo "note: the engine has lost count of network $object, which is empty, and keeps it until its restart" >&2
        left=$(grep -vx "$object" <<<"$left" || true)
    fi
done
if [ -n "$left" ]; then
    echo "error: the tests left these objects on the engine:" >&2
    printf '%s\n' "$left" >&2
    exit 1
fi
exit "$status"
