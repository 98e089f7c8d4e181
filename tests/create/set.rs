//! What lies in a set, opened without us.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use crate::shop::{Shop, shell, text};

#[test]
fn real_every_object_is_opened_by_the_tools_that_everybody_has() {
    let shop = Shop::deployed("");
    let (site, directory) = (&shop.site, &shop.site.place.directory);
    shop.exec(
        "postgres",
        "psql -qX -U shop -c 'create table films as select n, md5(n::text) m from generate_series(1, 20000) n' \
         -c 'create schema \"Odd\"' -c 'create table \"Odd\".\"a b\" (j jsonb)' -c 'create role reader'",
    );
    shop.exec(
        "app",
        "mkdir -p /files/sub && echo film > '/files/sub/a film.txt' && ln -s sub /files/link && chmod 640 /files/sub/*",
    );
    let told = shop.backup(&["--label", "before the move"]);
    assert_eq!(told["targets"][0]["error"], Value::Null);
    let pause = told["held_still_milliseconds"].as_u64().expect("the application was held still");
    assert!(pause < 10_000, "{pause}");
    shop.assert_goes_on();
    let folder = shop.folder("backups", &told);
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let objects: Vec<_> = manifest["objects"].as_object().unwrap().keys().cloned().collect();
    let expected = ["config.tar", "files.tar", "index", "postgres.dump", "postgres.globals.sql", "redis.rdb", "secrets.tar"];
    let mut sorted = objects.clone();
    sorted.sort();
    assert_eq!(sorted, expected.map(|name| format!("{name}.zst.age")));
    assert_eq!((&manifest["consistency"], &manifest["label"]), (&"barrier".into(), &"before the move".into()));
    assert!(manifest["versions"]["postgres"].as_str().unwrap().starts_with("15."), "{manifest}");

    // As `docs/backup-format.md` says, without any key.
    let sums = format!(
        "cd '{}' && jq -r '.objects | to_entries[] | \"\\(.value.sha256)  \\(.key)\"' manifest.json | sha256sum -c --quiet",
        folder.display()
    );
    shell(&sums);
    let plain: BTreeMap<String, Vec<u8>> =
        objects.iter().map(|name| (name.trim_end_matches(".zst.age").to_owned(), shop.plain(&folder.join(name)))).collect();
    for (name, content) in &plain {
        assert_eq!(manifest["objects"][format!("{name}.zst.age")]["plain_size"], content.len(), "{name}");
    }

    // PostgreSQL: what is in the dump is what was counted.
    let beside = site.place.beside("opened");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("dump"), &plain["postgres.dump"]).unwrap();
    let list = text(&format!("pg_restore -l '{}/dump'", beside.display()));
    assert!(list.contains("TABLE DATA public films shop") && list.contains("TABLE DATA Odd a b shop"), "{list}");
    let films = text(&format!("pg_restore -a -t films -f - '{}/dump' | grep -c '^[0-9]'", beside.display()));
    let rows = &manifest["objects"]["postgres.dump.zst.age"]["rows"];
    assert_eq!((films.as_str(), &rows["public.films"], &rows["Odd.a b"]), ("20000", &20000.into(), &0.into()));
    let globals = String::from_utf8_lossy(&plain["postgres.globals.sql"]).into_owned();
    assert!(globals.contains("CREATE ROLE reader") && globals.contains("SCRAM-SHA-256"), "{globals}");

    // Redis.
    assert!(plain["redis.rdb"].starts_with(b"REDIS0") && plain["redis.rdb"].windows(6).any(|w| w == b"count-"));
    assert_eq!(manifest["objects"]["redis.rdb.zst.age"]["keys"], 1);

    // Files: the index is right of each.
    fs::write(beside.join("files.tar"), &plain["files.tar"]).unwrap();
    fs::write(beside.join("index"), &plain["index"]).unwrap();
    shell(&format!("cd '{}' && mkdir files && tar -xpf files.tar --numeric-owner -C files", beside.display()));
    let check = "jq -r 'select(.archive) .archive, (select(.kind.file?) | \"\\(.kind.file.sha256)  \\(.path)\")' ../index \
                 | sed -n '/^files/,/^config/p' | grep '  ' | sha256sum -c --quiet";
    shell(&format!("cd '{}/files' && {check}", beside.display()));
    assert_eq!(text(&format!("stat -c '%u:%g %a' '{}/files/sub/a film.txt'", beside.display())), "1001:1001 640");
    assert_eq!(text(&format!("readlink '{}/files/link'", beside.display())), "sub");

    // Secrets are in one object, and in no other one's plain content.
    fs::write(beside.join("secrets.tar"), &plain["secrets.tar"]).unwrap();
    let secret = text(&format!("tar -xOf '{}/secrets.tar' secrets/redis_password", beside.display()));
    assert_eq!(secret, site.place.read("secrets/redis_password"));
    for (name, content) in plain.iter().filter(|(name, _)| *name != "secrets.tar") {
        site.place.assert_no_secret(name, content);
    }
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        site.place.assert_no_secret(&format!("{:?}", entry.file_name()), &fs::read(entry.path()).unwrap());
    }
    let config =
        text(&format!("age -d -i '{}' '{}/config.tar.zst.age' | zstd -d | tar -t", shop.identity().display(), folder.display()));
    assert!(config.contains("compose.yaml") && config.contains("backup/recipients.txt"), "{config}");
    assert!(!config.contains(".env") && !config.contains("backups") && !config.contains("signing"), "{config}");
    assert_eq!(
        fs::read_to_string(directory.join("backups").join(&site.place.project).join("latest")).unwrap().trim(),
        told["set"]
    );

    // Nothing of the making is left in the database's container, nor at the server.
    assert_eq!(shop.exec("postgres", "ls -A /tmp"), "");
    let sessions = "psql -qAtX -U shop -c \"select count(*) from pg_stat_activity where application_name like 'medianestctl%'\"";
    assert_eq!(shop.exec("postgres", sessions), "0");
}
