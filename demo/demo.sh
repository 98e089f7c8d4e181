#!/usr/bin/env bash
# The demo: from a fresh machine to the bundled stack on http://127.0.0.1:8080.
#   demo/demo.sh up      installs and starts the engine where there is none, gets or builds the images, builds the
#                        binary, deploys from target/demo. Can be run again: what is there is kept.
#   demo/demo.sh clean   takes the stack down with its data, and removes target/demo and the demo's images
set -euo pipefail
cd "$(dirname "$0")/.."

directory=target/demo
port=${DEMO_PORT:-8080}
binary=${CARGO_TARGET_DIR:-target}/release/medianestctl
ctl() { "$binary" -C "$directory" "$@"; }
say() { printf '\n== %s\n' "$*"; }

# The official image where a registry answers, else the one that demo/images builds from Debian packages.
choose_image() { # official, own
    if docker image inspect "$1" >/dev/null 2>&1; then
        echo "$1"
    elif [ "${DEMO_OFFLINE:-}" != 1 ] && timeout 20 docker pull --quiet "$1" >/dev/null 2>&1; then
        echo "$1"
    else
        echo "$2"
    fi
}

up() {
    say "1/5 engine"
    demo/engine.sh
    say "2/5 images"
    local postgres redis nginx
    postgres=$(choose_image postgres:15-alpine medianest-demo/postgres:15)
    redis=$(choose_image redis:7-alpine medianest-demo/redis:7)
    nginx=$(choose_image nginx:alpine medianest-demo/nginx:1)
    # The application's images are not published: a stand-in takes their place (demo/README.md).
    demo/images/build.sh
    say "3/5 release binary"
    command -v cargo >/dev/null || { echo "error: cargo is missing; hint: install Rust from https://rustup.rs" >&2; exit 1; }
    cargo build --release --locked
    say "4/5 deployment directory $directory"
    mkdir -p target
    if [ ! -f "$directory/.env" ]; then
        ctl -p medianest-demo init --non-interactive --public-url "http://127.0.0.1:$port" --bind 127.0.0.1 --http-port "$port"
        # The images that were found above.
        cat >>"$directory/.env" <<ENV

# Added by the demo.
POSTGRES_IMAGE=$postgres
REDIS_IMAGE=$redis
NGINX_IMAGE=$nginx
# v1.1.0 adds to the database, v2.0.0 breaks with what was.
MIGRATIONS_BACKWARD_COMPATIBLE=<2.0.0
ENV
    fi
    say "5/5 deploy"
    ctl deploy
    say "status"
    ctl status
    cat <<TXT

The stack serves at http://127.0.0.1:$port. Try:
  curl http://127.0.0.1:$port/api/health          # answers from both replicas of the back end
  $binary -C $directory logs backend              # what they print
  $binary -C $directory plan v1.1.0               # what an update would do
  $binary -C $directory deploy v1.1.0             # do it: v1.1.0 adds a table
  make clean-demo                                 # remove it all
TXT
}

clean() {
    if [ -x "$binary" ] && [ -f "$directory/.env" ]; then
        ctl down --volumes --yes
    fi
    rm -rf "$directory"
    demo/images/remove.sh
}

case ${1:-} in
    up) up ;;
    clean) clean ;;
    *) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
