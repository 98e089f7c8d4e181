#!/usr/bin/env bash
# Gets Docker Compose v2, the peer of tests and benchmarks, from Debian's newer suites, and unpacks it as a plugin of the
# docker command line below target/peer. Nothing is installed on the system. Prints the directory for DOCKER_CONFIG.
#   tests/peer.sh
set -euo pipefail
cd "$(dirname "$0")/.."

peer=$PWD/target/peer
plugin=$peer/config/cli-plugins/docker-compose
mkdir -p "$peer"
# Tests run side by side: one of them gets it, the others wait.
exec 9>"$peer/lock"
flock --timeout 300 9
if [ ! -x "$plugin" ]; then
    mkdir -p "$peer"/{apt/lists/partial,apt/cache/archives/partial,deb,config/cli-plugins}
    # The mirror that this system uses already.
    mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' | awk '$1 ~ /debian$/ {print $1; exit}')
    [ -n "$mirror" ] || { echo "error: this system has no Debian mirror to get docker compose from" >&2; exit 1; }
    options=(-o "Dir::State::lists=$peer/apt/lists" -o "Dir::Cache=$peer/apt/cache" -o Dir::Etc::sourceparts=-
        -o "Dir::Etc::sourcelist=$peer/apt/sources.list" -o APT::Get::List-Cleanup=0)
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    for suite in sid trixie; do
        echo "deb [signed-by=$keyring] $mirror $suite main" >"$peer/apt/sources.list"
        if apt-get "${options[@]}" update -qq >"$peer/apt/log" 2>&1 &&
            (cd "$peer/deb" && apt-get "${options[@]}" download -qq docker-compose >>"$peer/apt/log" 2>&1); then
            break
        fi
    done
    package=$(find "$peer/deb" -name 'docker-compose_*.deb' | sort -V | tail -n 1)
    [ -n "$package" ] || { echo "error: docker compose cannot be had here:" >&2; tail -n 3 "$peer/apt/log" >&2; exit 1; }
    dpkg-deb --extract "$package" "$peer/root"
    binary=$(find "$peer/root" -type f -name docker-compose | head -n 1)
    cp "$binary" "$plugin"
fi
DOCKER_CONFIG=$peer/config docker compose version >&2
echo "$peer/config"
