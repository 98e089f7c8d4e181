# shellcheck shell=bash
#
# Debian packages into a directory, without installing them on this machine.
#
# apt resolves the dependencies against a status file that we hand it: the packages that the parent image already
# holds, plus those that the image does without (`without`). So each image carries exactly what it adds to its parent,
# and the list of what was left out is in plain sight. Maintainer scripts do not run; what they would have done and an
# image needs is in its Dockerfile.

# Paths that no container here reads: documentation, translations, init systems, bitcode for a JIT that is left out.
readonly NEVER_UNPACKED=(
  './usr/share/doc' './usr/share/doc-base' './usr/share/man' './usr/share/info' './usr/share/locale'
  './usr/share/lintian' './usr/share/bug' './usr/share/bash-completion' './usr/share/apport'
  './usr/share/postgresql/*/man' './usr/lib/postgresql/*/lib/bitcode' './usr/lib/postgresql/*/lib/llvmjit*'
  './usr/share/zoneinfo/posix' './usr/share/zoneinfo/right'
  './usr/lib/x86_64-linux-gnu/gconv' './usr/lib/x86_64-linux-gnu/audit' './usr/lib/valgrind'
  './lib/systemd' './usr/lib/systemd' './usr/lib/tmpfiles.d' './usr/lib/sysusers.d'
  './etc/init.d' './etc/systemd' './etc/cron*' './etc/logrotate.d' './etc/ufw'
)

# debian_check: the images take their packages from this machine's apt sources, so those must be the right ones.
debian_check() {
  local release
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && echo "${ID:-}-${VERSION_ID:-}")
  [[ $release == debian-12 ]] ||
    die "the images are made from Debian 12 packages through apt's sources; this machine is ${release}"
}

# debian_unpack DIR PARENT_STATUS ROOT PARENT_WITHOUT: unpacks what DIR/packages names and needs into ROOT, and writes
# ROOT/var/lib/dpkg/status (what the image then holds, its parent included; scanners read it too). What the parent did
# without, its packages still ask for, hence PARENT_WITHOUT.
debian_unpack() {
  local dir=$1 parent_status=$2 root=$3 parent_without=$4
  local work=$root.apt
  mkdir -p "$work/archives/partial" "$root/var/lib/dpkg"

  { cat "$parent_status"; debian_pretend_installed "$parent_without" "$dir/without"; } >"$work/status"

  local -a packages
  mapfile -t packages < <(debian_list "$dir/packages")
  debian_download "$work" "${packages[@]}"

  # Debian's packages still ship /bin, /lib and /var/run; the links make their files land where an installed system has
  # them. The links are relative: while unpacking, an absolute one would lead out of ROOT.
  local link
  for link in bin sbin lib lib64; do
    mkdir -p "$root/usr/$link"
    ln -s "usr/$link" "$root/$link"
  done
  mkdir -p "$root/run" && ln -s ../run "$root/var/run"
  mkdir -m 1777 "$root/run/lock" && ln -s ../run/lock "$root/var/lock"

  cp "$parent_status" "$root/var/lib/dpkg/status"
  local deb
  for deb in "$work"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar -x -C "$root" --keep-directory-symlink --no-same-owner "${NEVER_UNPACKED[@]/#/--exclude=}"
    { dpkg-deb --field "$deb" | sed '1a Status: install ok installed'; echo; } >>"$root/var/lib/dpkg/status"
  done
}

# debian_list FILE...: their lines without comments and blanks.
debian_list() { sed -e 's/[[:space:]]*#.*//' -e '/^$/d' "$@" | sort -u; }

# debian_pretend_installed FILE...: status entries that make apt believe in the packages that the files name.
debian_pretend_installed() {
  local package
  debian_list "$@" | while read -r package; do
    printf 'Package: %s\nStatus: install ok installed\nVersion: 99999:0\n' "$package"
    printf 'Architecture: amd64\nMulti-Arch: foreign\nMaintainer: none\nDescription: left out\n\n'
  done
}

# debian_download WORK PACKAGE...: fetches what is missing; refreshes the package lists once when that fails.
debian_download() {
  local work=$1
  shift
  local -a apt=(
    apt-get -qq --yes --download-only --no-install-recommends
    -o "Dir::State::status=$work/status" -o "Dir::Cache::archives=$work/archives"
    -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1
  )
  "${apt[@]}" install "$@" && return
  [[ $EUID == 0 ]] || die "apt could not fetch the packages; as root, 'apt-get update' and try again"
  # Lists that are older than the mirror name versions that it no longer has. One refresh at a time.
  flock "${BASH_SOURCE[0]}" apt-get -qq update
  "${apt[@]}" install "$@"
}
