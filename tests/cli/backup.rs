//! `backup`: sets that exist, as people and scripts are told of them. Nothing here needs an engine.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use insta::assert_snapshot;
use medianestctl::backup::{
    keys::Identity,
    manifest::Manifest,
    set::{MANIFEST, SetId},
};
use serde_json::json;

use crate::{
    shelf::{Shelf, set},
    support::Place,
};

const DAYS: [&str; 3] = ["20260131T030000Z", "20260201T030000Z", "20260202T030000Z"];

/// A deployment whose default target has three sets, and the key that opens them.
struct Site {
    place: Place,
    shelf: Shelf,
    identity: PathBuf,
    days: [SetId; 3],
}

fn site() -> Site {
    let place =
        Place::with_compose("name: shop\nx-medianest: {backup: {keep: {last: 1}}}\nservices: {app: {image: \"shop/app:1\"}}\n");
    let identity = place.beside("key.txt");
    place.run(&["backup", "key", "generate", "-q", "--out", identity.to_str().unwrap()]).exits(0);
    let key = fs::read_to_string(&identity).unwrap().lines().last().unwrap().to_owned();
    let identities = Identity::read_file(&medianestctl::secret::Secret::new(key)).unwrap();
    let shelf = Shelf::new(&place.directory.join("backups"), "shop", identities.into_iter().next());
    let days = DAYS.map(set);
    block_on(async {
        for day in days {
            shelf.make(day, "data").await;
        }
    });
    let signer = place.directory.join("backup/signing.key");
    fs::write(&signer, shelf.signer().to_text().expose()).unwrap();
    fs::set_permissions(signer, fs::Permissions::from_mode(0o600)).unwrap();
    Site { place, shelf, identity, days }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

impl Site {
    fn identity(&self) -> &str {
        self.identity.to_str().unwrap()
    }

    /// Text without what differs from run to run: places, keys, sizes of what was compressed, today.
    fn plain(&self, text: &str) -> String {
        let recipient = self.shelf.identity.as_ref().unwrap().recipient();
        let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
        let mut text = self.place.plain(text).replace(&recipient.to_string(), "[RECIPIENT]");
        text = text.replace(&recipient.print().to_string(), "[FINGERPRINT]").replace(&today, "[TODAY]");
        text = text.replace(&self.shelf.signer().verifying_key().to_string(), "[SIGNER]");
        // Age's headers have a line of random length, so sizes differ, and with them the width of columns.
        let lines = text.lines().map(|line| {
            let indent = line.len() - line.trim_start().len();
            let mut words: Vec<&str> = Vec::new();
            for word in line.split_whitespace() {
                if matches!(word, "B" | "KiB") && words.last().is_some_and(|last| last.parse::<f64>().is_ok()) {
                    words.pop();
                    words.push("[SIZE]");
                } else {
                    words.push(word);
                }
            }
            format!("{}{}", &line[..indent], words.join(" "))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn damage(&self, day: SetId, file: &str) {
        let path = self.shelf.folder(day).join(file);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_key_is_made_listed_and_never_shown_again() {
    let place = Place::with_compose("name: shop\nservices: {app: {image: \"shop/app:1\"}}\n");
    let ran = place.run(&["backup", "key", "generate"]).exits(2).one_error();
    assert!(ran.err.contains("--out FILE"), "{}", ran.err);
    assert!(!place.directory.join("backup").exists(), "nothing was made");
    let file = place.beside("key.txt");
    let path = file.to_str().unwrap();
    let ran = place.run(&["backup", "key", "generate", "--out", path]).exits(0);
    let key = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let (secret, recipient) = (key.lines().last().unwrap(), ran.out.trim());
    assert!(secret.starts_with("AGE-SECRET-KEY-1") && recipient.starts_with("age1") && !ran.all().contains(secret));
    assert!(place.read("backup/recipients.txt").ends_with(&format!("{recipient}\n")));
    let again = place.run(&["backup", "key", "generate", "--out", path]).exits(4).one_error();
    assert!(again.err.contains("never overwritten"), "{}", again.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), key);
    assert_eq!(place.read("backup/recipients.txt").lines().count(), 2);
    let inside = place.directory.join("key.txt");
    let ran = place.run(&["backup", "key", "generate", "--json", "--out", inside.to_str().unwrap()]).exits(0);
    assert_eq!(ran.document()["schema"], 1);
    assert_eq!(place.read("backup/recipients.txt").lines().count(), 4);
    let inside = place.directory.join("key2.txt");
    let ran = place.run(&["backup", "key", "generate", "--out", inside.to_str().unwrap()]).exits(0);
    assert!(ran.err.contains("whose backups it opens"), "{}", ran.err);
}

#[test]
fn a_key_is_tried_before_it_is_needed() {
    let site = site();
    let tried = site.place.run(&["backup", "key", "test", "--identity", site.identity()]).exits(0);
    assert_snapshot!("key_that_fits", site.plain(&tried.out));
    let mut command = site.place.command(&["backup", "key", "test", "--json"]);
    command.env("MEDIANEST_BACKUP_IDENTITY_FILE", &site.identity);
    let document = crate::support::Ran::of(command).exits(0).document();
    assert_eq!(document["keys"][0]["opens_new"], true);
    assert_eq!(document["newest"], json!([{"target": "local", "set": site.days[2], "opens": true}]));
    let other = site.place.beside("other.txt");
    let made = Identity::generate();
    fs::write(&other, made.to_text().expose()).unwrap();
    let tried = site.place.run(&["backup", "key", "test", "--identity", other.to_str().unwrap()]).exits(12);
    assert!(tried.out.contains("does not open new backups") && tried.out.contains("does not open 20260202"), "{}", tried.out);
    let refused =
        site.place.run(&["backup", "verify", &site.days[0].to_string(), "--identity", other.to_str().unwrap()]).exits(12);
    assert!(refused.one_error().err.contains("the key does not open this backup"));
    let ran = site.place.run(&["backup", "key", "sheet"]).exits(0);
    let secret = fs::read_to_string(&site.identity).unwrap().lines().last().unwrap().to_owned();
    assert!(!ran.out.contains(&secret));
    assert_snapshot!("sheet", site.plain(&ran.out));
    let ran = site.place.run(&["backup", "key", "sheet", "--identity", site.identity()]).exits(0);
    assert!(ran.out.contains(&secret), "it was asked for");
    let missing = site.place.run(&["backup", "key", "test", "--identity", "/nowhere"]).exits(4);
    assert!(missing.err.contains("there is no file /nowhere"), "{}", missing.err);
}

#[test]
fn the_list_tells_what_is_good_and_what_is_not() {
    let empty = Place::with_compose("name: shop\nservices: {app: {image: \"shop/app:1\"}}\n");
    let ran = empty.run(&["backup", "list"]).exits(0);
    assert!(ran.out.contains("there is no backup") && ran.err.contains("backup create"), "{}", ran.all());
    assert!(!empty.directory.join("backups").exists(), "a list makes nothing");
    assert_eq!(empty.run(&["backup", "list", "--json"]).exits(0).document()["targets"][0]["sets"], json!([]));

    let site = site();
    fs::remove_file(site.shelf.folder(site.days[0]).join(MANIFEST)).unwrap();
    block_on(site.shelf.of_somebody_else().make(set("20260203T030000Z"), "planted"));
    fs::remove_file(site.shelf.folder(site.days[1]).join("uploads.tar.zst.age")).unwrap();
    assert_snapshot!("list", site.plain(&site.place.run(&["backup", "list"]).exits(0).out));
    let document = site.place.run(&["backup", "list", "--json"]).exits(0).document();
    let sets = &document["targets"][0]["sets"];
    let standings: Vec<_> = sets.as_array().unwrap().iter().map(|set| set["standing"].as_str().unwrap()).collect();
    assert_eq!((&document["schema"], standings), (&json!(1), vec!["foreign", "good", "damaged", "unfinished"]));
    assert!(sets[2]["why"].as_str().unwrap().contains("volume uploads (uploads.tar.zst.age): it is not there"), "{sets}");
    assert_eq!(
        (&sets[1]["label"], &sets[1]["objects"], &sets[1]["verified"]),
        (&json!("before the move"), &json!(7), &json!(null))
    );
}

#[test]
fn a_place_that_cannot_be_used_is_told_and_the_others_are_listed() {
    let site = site();
    let compose = "name: shop\nx-medianest: {backup: {targets: {far: {disk: {path: /nowhere/at/all}}, near: {disk: {path: \
         backups}}}}}\nservices: {app: {image: \"shop/app:1\"}}\n";
    site.place.write("compose.yaml", compose);
    let ran = site.place.run(&["backup", "list"]).exits(11);
    assert!(ran.err.contains("warning: target `far`") && ran.out.contains("near"), "{}", ran.all());
    let document = site.place.run(&["backup", "list", "--json"]).exits(11).document();
    assert!(document["targets"][0]["error"].is_string() && document["targets"][1]["error"].is_null(), "{document}");
    site.place.run(&["backup", "list", "--from", "near"]).exits(0);
    let ran = site.place.run(&["backup", "list", "--from", "far"]).exits(3).one_error();
    assert!(ran.err.contains("nothing was changed"), "{}", ran.err);
    let ran = site.place.run(&["backup", "list", "--from", "moon"]).exits(2).one_error();
    assert!(ran.err.contains("there are: far, near"), "{}", ran.err);
    site.place.run(&["backup", "verify"]).exits(11);
}

#[test]
fn one_backup_is_shown_in_full() {
    let site = site();
    let id = site.days[2].to_string();
    assert_snapshot!("show", site.plain(&site.place.run(&["backup", "show", &id]).exits(0).out));
    let document = site.place.run(&["backup", "show", &id, "--json"]).exits(0).document();
    let manifest: Manifest = serde_json::from_value(document["backup"]["manifest"].clone()).unwrap();
    assert_eq!((manifest.set, manifest.objects.len()), (site.days[2], 7));
    let ran = site.place.run(&["backup", "show", "20250101T000000Z-00000000"]).exits(2).one_error();
    assert!(ran.err.contains("there is no backup 2025") && ran.err.contains("backup list"), "{}", ran.err);
    site.place.run(&["backup", "show", "yesterday"]).exits(2);
    fs::remove_file(site.shelf.folder(site.days[2]).join(MANIFEST)).unwrap();
    site.place.run(&["backup", "show", &id]).exits(8);
}

#[test]
fn verification_names_what_is_damaged_and_is_remembered() {
    let site = site();
    let verify = |args: &[&str], code: i32| {
        let ran = site.place.run(&[["backup", "verify"].as_slice(), args].concat()).exits(code);
        ran.out
    };
    let newest = site.days[2].to_string();
    assert_eq!(verify(&[], 0), format!("✓ {newest} at local: 7 of 7 objects are as they were stored\n"));
    let with_key = verify(&["--identity", site.identity()], 0);
    assert_eq!(
        with_key,
        format!("✓ {newest} at local: 7 of 7 objects are as they were stored, and so is what comes out of them\n")
    );
    site.damage(site.days[1], "secrets.tar.zst.age");
    site.damage(site.days[0], MANIFEST);
    let told = verify(&["--all"], 8);
    assert!(told.contains("✗ 20260201T030000Z-0123abcd at local is damaged\n  secrets (secrets.tar.zst.age): "), "{told}");
    assert!(told.contains("✗ 20260131T030000Z-0123abcd at local is damaged\n  manifest (manifest.json): "), "{told}");
    let events = site.place.run(&["backup", "verify", "--all", "--json"]).exits(8).events();
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["ok"], &last["complete"]), (&json!("finished"), &json!(false), &json!(true)));
    assert_eq!(last["sets"][1]["flaws"][0]["component"], "secrets");
    assert_eq!(last["left_out"], json!([]));
    // The list knows it now, and so does retention: what is known as damaged does not count as the last good one.
    let list = site.place.run(&["backup", "list", "--json"]).exits(0).document();
    let sets = &list["targets"][0]["sets"];
    assert_eq!((&sets[1]["standing"], &sets[0]["verified"]["depth"]), (&json!("damaged"), &json!("stored")));
    assert!(site.place.read("backup/verified.json").contains("secrets.tar.zst.age"));
    site.damage(site.days[1], "secrets.tar.zst.age");
    verify(&[&site.days[1].to_string()], 0);
    let list = site.place.run(&["backup", "list", "--json"]).exits(0).document();
    assert_eq!(list["targets"][0]["sets"][1]["standing"], "good");
    let nothing = Place::with_compose("name: shop\nservices: {app: {image: \"shop/app:1\"}}\n");
    assert!(nothing.run(&["backup", "verify"]).exits(0).out.contains("no backup to verify"));
}

/// Whatever today is: over as many days as it takes every object has its turn, so today's share is small.
#[test]
fn a_sample_is_a_share_of_the_objects() {
    let site = site();
    let ran = site.place.run(&["backup", "verify", "--all", "--sample", "20%", "--json"]).exits(0);
    let last = ran.events().pop().unwrap();
    for set in last["sets"].as_array().unwrap() {
        let checked = set["checked"].as_u64().unwrap();
        assert!((1..=2).contains(&checked) && set["objects"] == 7, "{set}");
    }
    site.place.run(&["backup", "verify", "--sample", "0%"]).exits(2);
}

#[test]
fn pruning_shows_asks_and_never_takes_the_last_good_one() {
    let site = site();
    let preview = site.place.run(&["backup", "prune", "--dry-run"]).exits(0);
    assert_snapshot!("prune", site.plain(&preview.out));
    assert!(site.place.run(&["backup", "prune"]).exits(9).err.contains("--yes"));
    assert_eq!(fs::read_dir(site.shelf.path.join("shop")).unwrap().count(), 3);
    let shown = site.place.run(&["backup", "prune", "--dry-run", "--json"]).exits(0).document();
    let going: Vec<_> = shown["targets"][0]["sets"].as_array().unwrap().iter().filter(|set| set["remove"] == true).collect();
    assert_eq!(going.iter().map(|set| &set["set"]).collect::<Vec<_>>(), [&json!(site.days[1]), &json!(site.days[0])]);
    let done = site.place.run(&["backup", "prune", "--yes", "--json"]).exits(0).events().pop().unwrap();
    assert_eq!(done["targets"][0]["removed"], json!([site.days[0], site.days[1]]));
    assert_eq!(fs::read_dir(site.shelf.path.join("shop")).unwrap().count(), 1);
    let again = site.place.run(&["backup", "prune", "--yes"]).exits(0);
    assert!(again.out.contains("stays") && again.out.contains("the last good one"), "{}", again.out);
    assert_eq!(site.shelf.files(site.days[2]).len(), 8);
}

#[test]
fn a_backup_is_taken_away_whole() {
    let site = site();
    let (away, id) = (site.place.beside("usb"), site.days[2].to_string());
    let to = away.to_str().unwrap();
    let ran = site.place.run(&["backup", "export", &id, "--to", to]).exits(3).one_error();
    assert!(!away.exists(), "{}", ran.err);
    fs::create_dir(&away).unwrap();
    let ran = site.place.run(&["backup", "export", &id, "--to", to]).exits(0);
    let folder = away.join("shop").join(&id);
    assert_eq!(ran.out, format!("{}\n", folder.display()));
    for file in site.shelf.files(site.days[2]) {
        assert_eq!(fs::read(folder.join(&file)).unwrap(), fs::read(site.shelf.folder(site.days[2]).join(&file)).unwrap());
    }
    site.damage(site.days[0], "config.tar.zst.age");
    let ran = site.place.run(&["backup", "export", &site.days[0].to_string(), "--to", to, "--json"]).exits(8);
    let error = ran.json_error();
    assert_eq!(error["code"], "backup_damaged");
    assert!(error["message"].as_str().unwrap().contains("configuration (config.tar.zst.age)"), "{error}");
}

/// A signing key that others can read is refused before anything is looked at.
#[test]
fn a_key_that_others_can_read_is_refused() {
    let site = site();
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(site.place.directory.join("backup/signing.key"), open).unwrap();
    let ran = site.place.run(&["backup", "list"]).exits(4).one_error();
    assert!(ran.err.contains("can be read by others (mode 644)") && ran.err.contains("chmod 600 "), "{}", ran.err);
}

/// Credentials come from where the target says, and what is missing is told by its name.
#[test]
fn a_bucket_without_credentials_is_told_of() {
    let compose = "name: shop\nx-medianest: {backup: {targets: {far: {s3: {bucket: shop, endpoint: 'http://127.0.0.1:9'}}}}}\nservices: \
                   {app: {image: \"shop/app:1\"}}\n";
    let place = Place::with_compose(compose);
    let ran = place.run(&["backup", "list"]).exits(3).one_error();
    assert!(ran.err.contains("AWS_ACCESS_KEY_ID is not set"), "{}", ran.err);
    let refused = place.run(&["backup", "list", "--json"]).exits(3).json_error();
    assert_eq!(refused["code"], "backup_place");
    place.write("compose.yaml", &compose.replace("bucket: shop", "bucket: shop, secret_key: hunter2"));
    let ran = place.run(&["backup", "list"]).exits(4).one_error();
    assert!(ran.err.contains("credentials do not belong into a Compose file") && !ran.err.contains("hunter2"), "{}", ran.err);
}

#[test]
fn systemd_takes_the_units_and_the_timer_is_told_how_to_start() {
    let site = site();
    let units = site.place.beside("units");
    let install = ["backup", "schedule", "--install", "--day", "mon", "--unit-directory", units.to_str().unwrap()];
    let ran = site.place.run(&install).exits(1).one_error();
    assert!(ran.err.contains("cannot write the units"), "{}", ran.err);
    fs::create_dir(&units).unwrap();
    let ran = site.place.run(&install).exits(0);
    assert!(ran.err.contains("systemctl enable --now medianestctl-backup-shop.timer"), "{}", ran.err);
    let files = ["service", "timer"].map(|kind| units.join(format!("medianestctl-backup-shop.{kind}")));
    let checked = std::process::Command::new("systemd-analyze").arg("verify").args(&files).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success() && !said.contains("medianestctl-backup"), "{said}");
    let printed = site.place.run(&["backup", "schedule", "--day", "mon"]).exits(0).out;
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        assert!(printed.contains(text.trim_end()), "{printed}");
    }
    let line = site.place.run(&["backup", "schedule", "--cron", "--at", "23:05"]).exits(0).out;
    assert!(line.starts_with("5 23 * * * ") && line.ends_with(" --non-interactive --quiet backup create\n"), "{line}");
    site.place.run(&["backup", "schedule", "--at", "24:00"]).exits(2);
}

#[test]
fn a_monitoring_system_is_told_what_the_list_tells() {
    let site = site();
    site.damage(site.days[2], "manifest.json");
    let identity = ["--identity", site.identity()];
    site.place.run(&[&["backup", "verify", &site.days[0].to_string()][..], &identity[..]].concat()).exits(0);
    let out = site.place.beside("medianest.prom");
    site.place.run(&["backup", "metrics", "--out", out.to_str().unwrap()]).exits(0);
    let text = fs::read_to_string(out).unwrap();
    assert_eq!(text, site.place.run(&["backup", "metrics"]).exits(0).out);
    let value = |name: &str| {
        let line = format!("medianest_backup_{name}{{project=\"shop\",target=\"local\"}} ");
        text.lines().find_map(|text| text.strip_prefix(&line)?.parse::<i64>().ok())
    };
    assert_eq!(value("target_up"), Some(1));
    assert_eq!(value("last_success_timestamp_seconds"), Some(site.days[1].begun().timestamp()), "the newest is damaged");
    assert_eq!(value("good_sets"), Some(2));
    assert!(value("last_verified_timestamp_seconds").is_some_and(|at| at > site.days[2].begun().timestamp()));
    assert!(value("last_size_bytes") < value("size_bytes"));
}
