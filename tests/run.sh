#!/usr/bin/env bash
# Every test, the real engine included. Fails when a test leaves a container, network or volume behind.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v cargo-nextest >/dev/null; then
    echo "installing cargo-nextest"
    cargo install --quiet --locked cargo-nextest
fi
inventory() {
    docker ps --all --quiet --no-trunc | sort
    docker network ls --quiet --no-trunc | sort
    docker volume ls --quiet | sort
}
before=$(inventory)
status=0
cargo nextest run --workspace --locked "$@" || status=$?
left=$(comm -13 <(printf '%s\n' "$before") <(inventory))
if [ -n "$left" ]; then
    echo "error: the tests left these objects on the engine:" >&2
    printf '%s\n' "$left" >&2
    exit 1
fi
exit "$status"
