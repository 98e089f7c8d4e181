#!/usr/bin/env bash
# Makes sure that a Docker Engine answers: installs and starts one where there is none and we may.
#   demo/engine.sh
set -euo pipefail

answers() { curl --silent --fail --max-time 5 --unix-socket /var/run/docker.sock http://localhost/_ping >/dev/null 2>&1; }

if [ -n "${DOCKER_HOST:-}" ]; then
    echo "engine: using DOCKER_HOST=$DOCKER_HOST"
    exit 0
fi
if command -v curl >/dev/null && answers; then
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "error: no Docker Engine answers at /var/run/docker.sock" >&2
    echo "hint: start it with 'sudo systemctl start docker', or run this as root to have it installed" >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "error: no Docker Engine answers, and only Debian and Ubuntu are known here" >&2
    echo "hint: install it as https://docs.docker.com/engine/install/ says" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
missing=()
command -v curl >/dev/null || missing+=(curl)
command -v dockerd >/dev/null || missing+=(docker.io)
if [ ${#missing[@]} -gt 0 ]; then
    echo "engine: installing ${missing[*]}"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if ! answers; then
    echo "engine: starting"
    if [ -d /run/systemd/system ]; then
        systemctl start docker
    else
        log=/var/log/dockerd.log
        setsid nohup dockerd >"$log" 2>&1 </dev/null &
    fi
    for _ in $(seq 60); do
        if answers; then break; fi
        sleep 1
    done
fi
if ! answers; then
    echo "error: the engine does not answer after 60 s" >&2
    [ -f /var/log/dockerd.log ] && tail -n 20 /var/log/dockerd.log >&2
    exit 1
fi
echo "engine: answers"
