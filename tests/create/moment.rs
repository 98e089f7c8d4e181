//! All parts of a set are of one moment, while the application writes without a pause.

use std::fs;

use crate::shop::{Shop, text};

/// The application counts in a file, then in PostgreSQL, then in Redis. So at any one moment a later one of these is at most one
/// behind, and never ahead.
#[test]
fn real_a_counter_is_the_same_in_all_parts() {
    let shop = Shop::deployed("");
    let mut seen = Vec::new();
    for round in 0..4 {
        let told = shop.backup(&["--only", "postgres,redis,files"]);
        // The engine calls what was paused unhealthy until it asks again, half a minute later.
        shop.site.run(&["status"]).exits(0);
        let folder = shop.folder("backups", &told);
        let plain = |name: &str| shop.plain(&folder.join(format!("{name}.zst.age")));
        let path = |name: &str| shop.site.place.beside(&format!("{round}-{name}"));
        fs::write(path("files.tar"), plain("files.tar")).unwrap();
        fs::write(path("dump"), plain("postgres.dump")).unwrap();
        let file: u64 = text(&format!("tar -xOf '{}' counter", path("files.tar").display())).parse().unwrap();
        let rows = text(&format!("pg_restore -a -t counter -f - '{}' | grep '^[0-9]'", path("dump").display()));
        let database: u64 = rows.lines().next().unwrap().trim().parse().unwrap();
        let snapshot = plain("redis.rdb");
        let at = snapshot.windows(6).position(|window| window == b"count-").expect("the counter is in the snapshot") + 6;
        let redis: u64 = std::str::from_utf8(&snapshot[at..at + 6]).unwrap().parse().unwrap();
        assert!(database <= file && file - database <= 1, "file {file}, database {database}");
        assert!(redis <= database && file - redis <= 1, "file {file}, database {database}, redis {redis}");
        seen.push(file);
        shop.assert_goes_on();
    }
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "it counted meanwhile: {seen:?}");
}
