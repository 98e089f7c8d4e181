#!/usr/bin/env bash
# Gets Debian's container registry for tests that need a real one, and unpacks it below target/registry. Nothing is
# installed on the system, and no service is started. Prints the path of the program.
#   tests/registry.sh
set -euo pipefail
cd "$(dirname "$0")/.."

directory=$PWD/target/registry
program=$directory/root/usr/bin/docker-registry
mkdir -p "$directory"
# Tests run side by side: one of them gets it, the others wait.
exec 9>"$directory/lock"
flock --timeout 300 9
if [ ! -x "$program" ]; then
    rm -rf "$directory"/{deb,root,root.new}
    mkdir "$directory/deb"
    get() { (cd "$directory/deb" && apt-get download -qq docker-registry) >"$directory/log" 2>&1; }
    # As somebody whom apt lets write there.
    if ! get; then
        [ "$(id -u)" != 0 ] || apt-get update -qq >"$directory/log" 2>&1
        get || { echo "error: Debian's docker-registry cannot be had here:" >&2; tail -n 3 "$directory/log" >&2; exit 1; }
    fi
    dpkg-deb --extract "$directory"/deb/docker-registry_*.deb "$directory/root.new"
    mv "$directory/root.new" "$directory/root"
fi
echo "$program"
