#!/usr/bin/env bash
#
# Removes the images that build.sh made, and nothing else.
#
# usage: demo/images/remove.sh
#
# An image is ours when its label io.medianest.demo repeats the name it goes by: one that was built upon ours inherits
# the label, but not the name. Names that others gave to our images stay. Exit status: 1 when a container still uses one.
set -euo pipefail

ours() {
  docker image ls --filter label=io.medianest.demo --format '{{.Repository}}:{{.Tag}} {{.ID}}' |
    while read -r name id; do
      # Without a name: what a rebuild replaced while a container used it.
      if [[ $name == '<none>:<none>' ]]; then
        echo "$id"
      elif [[ $(docker image inspect --format '{{index .Config.Labels "io.medianest.demo"}}' "$id") == "$name" ]]; then
        echo "$name"
      fi
    done
}

# Children were made after their parents and are listed before them.
status=0
while read -r image; do
  docker image rm "$image" >/dev/null && echo "removed $image" || status=1
done < <(ours)
exit "$status"
