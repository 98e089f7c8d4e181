# Dumps the database of this container beside its data; $1 is the release that was current before the update.
# Whole under its name or not at all, and once for each release: what a later attempt finds may be half migrated.
umask 077
data="${PGDATA:-/var/lib/postgresql/data}"
user="${POSTGRES_USER:-postgres}"
db="${POSTGRES_DB:-$user}"
name="$data/medianestctl-before-update"
file="$name-$1.dump"
if [ -s "$file" ]; then
    echo "the dump that was made before the first update from release $1 is kept, and no other one is made: $file"
    exit 3
fi
# What a run that was killed had begun.
rm -f "$name"-*.part.*
# The newest one stays beside the one that comes now.
ls -t "$name"-*.dump 2>/dev/null | tail -n +2 | while read -r old; do rm -f "$old"; done
# A database whose disk is full stops.
size=$(psql -XAtq --username="$user" --dbname="$db" --command='select pg_database_size(current_database())')
free=$(df -Pk "$data" | { read -r _ && read -r _ _ _ kib _ && echo "$kib"; })
needed=$((size / 1024 + size / 10240 + 65536))
if [ "$free" -lt "$needed" ]; then
    echo "there is no room for the dump in $data: $((free / 1024)) MiB are free, and it may need $((needed / 1024)) MiB"
    exit 1
fi
part="$file.part.$$"
trap 'rm -f "$part"' EXIT
pg_dump --format=custom --username="$user" --dbname="$db" --file="$part"
mv "$part" "$file"
