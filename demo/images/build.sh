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

readonly BASE=medianest-demo/base:12 RUNTIME=medianest-demo/runtime:12
readonly VERSIONS=(v1.0.0 v1.1.0 v2.0.0)
readonly NAMES=(base postgres redis nginx runtime backend frontend)

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
workspace=$(cd -- "$here/../.." && pwd)
started=$EPOCHREALTIME
readonly here workspace started

# The engines that the demo supports do not all bring BuildKit.
export DOCKER_BUILDKIT=0

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# shellcheck source=lib/debian.sh
. "$here/lib/debian.sh"

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

# progress IMAGE WORDS: one line, with the seconds since the start.
progress() {
  [[ $quiet == 0 ]] || return 0
  awk -v from="$started" -v to="$EPOCHREALTIME" -v image="$1" -v words="$2" \
    'BEGIN { printf "[%6.1fs] %-26s %s\n", to - from, image, words }'
}

# inspect IMAGE FORMAT: nothing where there is no such image.
inspect() { docker image inspect --format "$2" "$1" 2>/dev/null || true; }

inputs_of() { inspect "$1" '{{index .Config.Labels "io.medianest.demo.inputs"}}'; }

# fingerprint DIR [WORD]...: the content, names and modes of DIR's files, the unpacking rules, and the words.
fingerprint() {
  local dir=$1
  shift
  {
    printf '%s\n' "$@"
    sha256sum <"$here/lib/debian.sh"
    cd -- "$dir"
    find . -type f -printf '%m %p\n' | LC_ALL=C sort
    find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
  } | sha256sum | cut -d' ' -f1
}

# build_image NAME IMAGE [PARENT [VERSION]]: makes IMAGE from the folder NAME unless it is what its inputs say already.
build_image() {
  local name=$1 image=$2 parent=${3:-} version=${4:-}
  local inputs before after
  inputs=$(fingerprint "$here/$name" "$version" "$(inputs_of "$parent")" "$(program_sum "$name")")
  if [[ $force == 0 && $(inputs_of "$image") == "$inputs" ]]; then
    progress "$image" 'up to date'
    return
  fi

  local work=$scratch/${image//[\/:]/-} status=0
  mkdir "$work"
  before=$(inspect "$image" '{{.Id}}')
  # Not `if ! …`: a condition would switch `set -e` off inside.
  set +e
  (set -e; assemble) >"$work/log" 2>&1
  status=$?
  set -e
  if [[ $status != 0 ]]; then
    cat "$work/log" >&2
    die "$image could not be built (its log is above)"
  fi

  after=$(inspect "$image" '{{.Id}}')
  if [[ -n $before && $before != "$after" ]]; then
    echo "$before" >>"$scratch/replaced"
  fi
  progress "$image" "built, $(inspect "$image" '{{.Size}}' | awk '{ printf "%.0f MB", $1 / 1e6 }')"
  rm -rf "$work"
}

# The part of build_image whose output goes to the log; the variables are that function's.
assemble() {
  local context=$work/context
  cp -a "$here/$name" "$context"
  if [[ -f $context/packages ]]; then
    mkdir "$work/root"
    parent_status "$parent" >"$work/parent-status"
    debian_unpack "$context" "$work/parent-status" "$work/root" "$here/base/without"
    tar -C "$work/root" --sort=name --numeric-owner --owner=0 --group=0 -cf "$context/rootfs.tar" .
  fi
  if [[ $name == runtime ]]; then
    cp "$(program)" "$context/medianest-demo"
  fi

  # Lines of the Dockerfile rather than arguments: each argument would become a line of its own, and the builder waits
  # for the clock's next full second after every line.
  {
    [[ -z $version ]] || echo "ENV APP_VERSION=$version"
    echo "LABEL io.medianest.demo=$image io.medianest.demo.inputs=$inputs ${version:+org.opencontainers.image.version=$version}"
  } >>"$context/Dockerfile"
  local -a options=(--force-rm --tag "$image")
  # The later versions take the first one's layers, which are fresh.
  if [[ $force == 1 && ${version:-${VERSIONS[0]}} == "${VERSIONS[0]}" ]]; then
    options+=(--no-cache)
  fi
  docker build "${options[@]}" "$context"
}

# parent_status [IMAGE]: the packages that IMAGE holds already.
parent_status() {
  [[ -n $1 ]] || return 0
  local container
  container=$(docker create "$1" true)
  docker cp "$container:/var/lib/dpkg/status" - | tar -xO
  docker rm "$container" >/dev/null
}

build_application() {
  local version
  for version in "${VERSIONS[@]}"; do build_image "$1" "medianest/$1:$version" "$RUNTIME" "$version"; done
}

# remove_replaced: what was built anew leaves an image without a name. Children were replaced after their parents and
# go before them; one that a container still uses stays until remove.sh.
remove_replaced() {
  [[ -f $scratch/replaced ]] || return 0
  local id
  tac "$scratch/replaced" | while read -r id; do docker image rm "$id" >/dev/null 2>&1 || true; done
}

program() { printf '%s/release/medianest-demo\n' "${CARGO_TARGET_DIR:-$workspace/target}"; }

program_sum() { if [[ $1 == runtime ]]; then sha256sum <"$(program)"; fi; }

build_program() (cd -- "$workspace" && cargo build --release --locked --package medianest-demo)

# wanted NAME...: whether one of them is to be built.
wanted() {
  local name
  for name; do
    [[ ${#only[@]} != 0 && " ${only[*]} " != *" $name "* ]] || return 0
  done
  return 1
}

jobs=()
# in_background COMMAND...: builds mostly wait, so that they go on side by side.
in_background() {
  "$@" &
  jobs+=($!)
}

wait_for_jobs() {
  local job failed=0
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  jobs=()
  [[ $failed == 0 ]] || exit 1
}

build() {
  # Compiling takes longest, and most images do not need it.
  local compiler=
  if wanted runtime backend frontend; then
    build_program >"$scratch/cargo.log" 2>&1 &
    compiler=$!
  fi
  build_image base "$BASE"
  if wanted postgres; then in_background build_image postgres medianest-demo/postgres:15 "$BASE"; fi
  if wanted redis; then in_background build_image redis medianest-demo/redis:7 "$BASE"; fi
  if wanted nginx; then in_background build_image nginx medianest-demo/nginx:1 "$BASE"; fi
  if [[ -n $compiler ]]; then
    if ! wait "$compiler"; then
      cat "$scratch/cargo.log" >&2
      wait_for_jobs
      die 'the program could not be compiled (see above)'
    fi
    progress medianest-demo compiled
    build_image runtime "$RUNTIME" "$BASE"
    if wanted backend; then in_background build_application backend; fi
    if wanted frontend; then in_background build_application frontend; fi
  fi
  wait_for_jobs
  remove_replaced
}

clean_up() {
  local running
  running=$(jobs -p)
  # shellcheck disable=SC2086  # one word per process
  [[ -z $running ]] || kill $running 2>/dev/null || true
  rm -rf "$scratch"
}

main() {
  force=0 quiet=0 only=()
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
  trap clean_up EXIT
  build
}

main "$@"
