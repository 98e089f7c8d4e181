#!/usr/bin/env bash
# Formatting, clippy, dependency rules. Installs cargo-deny where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== rustfmt"
cargo fmt --all --check
echo "== clippy"
cargo clippy --workspace --all-targets --locked -- -D warnings
echo "== dependencies: bans, licences, sources"
if ! command -v cargo-deny >/dev/null; then
    echo "installing cargo-deny"
    cargo install --quiet --locked cargo-deny --version 0.20.2
fi
cargo deny --all-features check --hide-inclusion-graph bans licenses sources
