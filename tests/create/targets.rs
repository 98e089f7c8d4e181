//! Several targets, and the ways of holding still.

use std::fs;

use serde_json::Value;

use crate::shop::Shop;

const TWO: &str = "x-medianest: {backup: {targets: {near: {disk: {path: ./near}}, far: {disk: {path: ./far}}}}}\n";

#[test]
fn real_one_target_that_fails_does_not_end_the_other() {
    let shop = Shop::deployed(TWO);
    let place = &shop.site.place;
    fs::create_dir(place.directory.join("near")).unwrap();
    // `far` is a disk that is not there.
    let ran = shop.site.run(&["backup", "create", "--json", "--only", "postgres,config"]).exits(11);
    let told = ran.events().pop().unwrap();
    let errors: Vec<_> = told["targets"].as_array().unwrap().iter().map(|t| (t["name"].clone(), t["error"].is_null())).collect();
    assert_eq!(errors, [("far".into(), false), ("near".into(), true)]);
    assert_eq!(shop.sets("near"), [(told["set"].as_str().unwrap().to_owned(), true)]);
    let ran = shop.site.run(&["backup", "create", "--only", "config"]).exits(11);
    assert!(ran.err.contains("warning: it is not at far (disk "), "{}", ran.err);

    let ran = shop.site.run(&["backup", "create", "--to", "far", "--only", "config"]).exits(1);
    assert!(ran.err.contains("there is no new backup"), "{}", ran.err);
    fs::create_dir(place.directory.join("far")).unwrap();
    let told = shop.backup(&["--only", "postgres,config"]);
    for target in ["near", "far"] {
        assert!(shop.sets(target).contains(&(told["set"].as_str().unwrap().to_owned(), true)), "{target}");
    }
    let same = |name: &str| ["near", "far"].map(|target| fs::read(shop.folder(target, &told).join(name)).unwrap());
    for name in ["postgres.dump.zst.age", "index.zst.age", "manifest.json"] {
        let [near, far] = same(name);
        assert!(near == far, "{name}");
    }
}

#[test]
fn real_what_was_stopped_runs_again_and_what_is_missing_is_told() {
    let shop = Shop::deployed("");
    let told = shop.backup(&["--consistency", "stop", "--compress", "gzip", "--only", "files"]);
    assert!(told["objects"]["files.tar.gz.age"].is_object(), "{told}");
    shop.assert_goes_on();
    let told = shop.backup(&["--consistency", "live", "--no-encrypt"]);
    assert_eq!(told["held_still_milliseconds"], Value::Null);
    assert!(told["left_out"][0]["what"].as_str().unwrap().starts_with("secrets"), "{told}");
    assert!(told["objects"]["secrets.tar.zst"].is_null() && told["objects"]["postgres.globals.sql.zst"].is_object());
    let globals = fs::read(shop.folder("backups", &told).join("postgres.globals.sql.zst")).unwrap();
    let globals = String::from_utf8(zstd::decode_all(globals.as_slice()).unwrap()).unwrap();
    assert!(globals.contains("ROLE shop") && !globals.contains("SCRAM"), "no digest of a password in the clear: {globals}");

    // A database that does not run is a failure, not a smaller backup.
    let sets = shop.sets("backups");
    shop.site.run(&["stop", "redis"]).exits(0);
    let ran = shop.site.run(&["backup", "create"]).exits(3).one_error();
    assert!(ran.err.contains("`redis` cannot be backed up: it is stopped") && ran.err.contains("start redis"), "{}", ran.err);
    let ran = shop.site.run(&["backup", "create", "--only", "nothing"]).exits(3).one_error();
    assert!(ran.err.contains("config, files, pg, postgres, rd, redis, secrets"), "{}", ran.err);
    assert_eq!(shop.sets("backups"), sets);
}
