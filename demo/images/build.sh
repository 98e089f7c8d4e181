#!/usr/bin/env bash
#
# Builds the images of the demo on the local engine, from Debian packages and this workspace alone.
#
# usage: demo/images/build.sh [--force] [--only NAME]... [--quiet]
#
#   --only NAME   base, postgres, redis, nginx, runtime, backend or frontend, with what it is built upon (repeatable)
#   --force       build even what is up to date
#   --quiet       print failures only
#
# An image is rebuilt when its inputs changed: its folder here, its parent, and for the application the program itself.
# The engine is the one that the docker command line talks to. DOCKER_HOST and CARGO_TARGET_DIR are honoured.
# Exit status: 0 built or up to date, 1 a build failed (its log is shown), 2 usage.
set -euo pipefail

readonly VERSIONS=(v1.0.0 v1.1.0 v2.0.0)
readonly NAMES=(base postgres redis nginx runtime backend frontend)

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
workspace=$(cd -- "$here/../.." && pwd)
readonly here workspace

# The engines that the demo supports do not all bring BuildKit.
export DOCKER_BUILDKIT=0

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# shellcheck source=lib/debian.sh
. "$here/lib/debian.sh"

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

started=$EPOCHREALTIME
# progress IMAGE WORDS: one line, with the seconds since the start.
progress() {
  [[ $quiet == 0 ]] || return 0
  awk -v from="$started" -v to="$EPOCHREALTIME" -v image="$1" -v words="$2" \
    'BEGIN { printf "[%6.1fs] %-26s %s\n", to - from, image, words }'
}

# label IMAGE NAME: that label's value, nothing where there is no such image.
label() { docker image inspect --format "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true; }

# fingerprint DIR [WORD]...: the content, names and modes of DIR's files, the unpacking rules, and the words.
fingerprint() {
  local dir=$1
  shift
  {
    printf '%s\n' "$@"
    sha256sum <"$here/lib/debian.sh"
    (cd -- "$dir" && find . -type f -printf '%m %p\n' | LC_ALL=C sort && find . -type f -print0 | LC_ALL=C sort -z |
      xargs -0 sha256sum)
  } | sha256sum | cut -d' ' -f1
}

# build_image NAME IMAGE PARENT [VERSION]: makes IMAGE from the folder NAME unless it is what its inputs say already.
build_image() {
  local name=$1 image=$2 parent=$3 version=${4:-}
  local -a words=("$version")
  [[ -z $parent ]] || words+=("$(label "$parent" io.medianest.demo.inputs)")
  if [[ $name == runtime ]]; then words+=("$(sha256sum <"$(program)")"); fi
  local inputs
  inputs=$(fingerprint "$here/$name" "${words[@]}")

  if [[ $force == 0 && $(label "$image" io.medianest.demo.inputs) == "$inputs" ]]; then
    progress "$image" 'up to date'
    return
  fi

  local previous
  previous=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
  local context=$scratch/context log=$scratch/log
  rm -rf "$context" && mkdir -p "$context"
  cp -a "$here/$name/." "$context"
  # Not `if ! …`: a condition would switch `set -e` off inside.
  local status=0
  set +e
  (set -e; prepare_and_build) >"$log" 2>&1
  status=$?
  set -e
  if [[ $status != 0 ]]; then
    cat "$log" >&2
    die "$image could not be built (its log is above)"
  fi
  if [[ -n $previous && $previous != $(docker image inspect --format '{{.Id}}' "$image") ]]; then
    replaced=("$previous" "${replaced[@]}")
  fi
  progress "$image" "built, $(docker image inspect --format '{{.Size}}' "$image" | awk '{printf "%.0f MB", $1/1e6}')"
}

# The part of build_image whose output goes to the log; it reads that function's variables.
prepare_and_build() {
  if [[ -f $context/packages ]]; then
    local root=$scratch/root
    rm -rf "$root" "$root.apt" && mkdir -p "$root"
    parent_status "$parent" >"$scratch/parent-status"
    debian_unpack "$context" "$scratch/parent-status" "$root" "$here/base/without"
    tar -C "$root" --sort=name --numeric-owner --owner=0 --group=0 -cf "$context/rootfs.tar" .
  fi
  if [[ $name == runtime ]]; then
    cp "$(program)" "$context/medianest-demo"
  fi

  local -a options=()
  [[ $force == 0 ]] || options+=(--no-cache)
  docker build --force-rm --tag "$image" "${options[@]}" \
    ${version:+--build-arg "VERSION=$version" --label "org.opencontainers.image.version=$version"} \
    --label "io.medianest.demo=$image" --label "io.medianest.demo.inputs=$inputs" "$context"
}

# parent_status IMAGE: the packages that IMAGE holds already.
parent_status() {
  [[ -n $1 ]] || return 0
  local container
  container=$(docker create "$1" true)
  docker cp "$container:/var/lib/dpkg/status" - | tar -xO
  docker rm "$container" >/dev/null
}

# remove_replaced: what was built anew leaves an image without a name; children go before their parents. One that a
# container still uses stays until the next remove.sh.
remove_replaced() {
  local id
  for id in "${replaced[@]}"; do docker image rm "$id" >/dev/null 2>&1 || true; done
}

program() { printf '%s/release/medianest-demo\n' "${CARGO_TARGET_DIR:-$workspace/target}"; }

build_program() { (cd -- "$workspace" && cargo build --release --locked --package medianest-demo); }

wanted() {
  [[ ${#only[@]} -gt 0 ]] || return 0
  local name
  for name in "${only[@]}"; do [[ $name != "$1" ]] || return 0; done
  return 1
}

main() {
  force=0 quiet=0 only=() replaced=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      --force) force=1 ;;
      --quiet) quiet=1 ;;
      --only)
        [[ $# -ge 2 && " ${NAMES[*]} " == *" $2 "* ]] || { usage >&2; exit 2; }
        only+=("$2")
        shift
        ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
    shift
  done

  debian_check
  docker version --format '{{.Server.Version}}' >/dev/null || die 'the Docker engine does not answer'
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT

  # Compiling takes longest, and the other images do not need it: both go on at once.
  local compiler=
  if wanted runtime || wanted backend || wanted frontend; then
    build_program >"$scratch/cargo.log" 2>&1 &
    compiler=$!
  fi

  build_image base medianest-demo/base:12 ''
  wanted postgres && build_image postgres medianest-demo/postgres:15 medianest-demo/base:12
  wanted redis && build_image redis medianest-demo/redis:7 medianest-demo/base:12
  wanted nginx && build_image nginx medianest-demo/nginx:1 medianest-demo/base:12
  if [[ -z $compiler ]]; then
    remove_replaced
    return
  fi

  wait "$compiler" || { cat "$scratch/cargo.log" >&2; die 'the program could not be compiled (see above)'; }
  progress medianest-demo compiled
  build_image runtime medianest-demo/runtime:12 medianest-demo/base:12
  local version name
  for name in backend frontend; do
    wanted "$name" || continue
    for version in "${VERSIONS[@]}"; do
      build_image "$name" "medianest/$name:$version" medianest-demo/runtime:12 "$version"
    done
  done
  remove_replaced
}

main "$@"
