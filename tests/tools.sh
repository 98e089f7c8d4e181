#!/usr/bin/env bash
# Makes sure that the stock tools are there with which tests look at what was made. They fail without them.
set -euo pipefail

missing=()
for tool in age jq openssl tar xxd zstd; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
# The units that `backup schedule` writes are checked by systemd's own tool.
command -v systemd-analyze >/dev/null || missing+=(systemd)
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "error: the tests need ${missing[*]}" >&2
    echo "hint: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
