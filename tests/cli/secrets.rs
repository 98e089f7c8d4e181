//! `secrets`: made, listed and verified, and never shown.

use std::{fs, os::unix::fs::PermissionsExt as _};

use insta::assert_snapshot;

use crate::support::{Place, Ran};

const COMMANDS: [&[&str]; 8] = [
    &["secrets", "generate"],
    &["secrets", "list"],
    &["secrets", "verify"],
    &["secrets", "generate", "--json"],
    &["secrets", "list", "--json"],
    &["secrets", "verify", "--json"],
    &["config"],
    &["config", "--json"],
];

/// Runs every command that has to do with secrets, with `-v` too, and holds each to its silence.
fn say_everything(place: &Place) {
    for command in COMMANDS {
        let verbose: Vec<_> = command.iter().copied().chain(["-v"]).collect();
        for args in [command, &verbose] {
            place.assert_no_secret(&args.join(" "), place.run(args).all().as_bytes());
        }
    }
}

#[test]
fn values_are_never_shown() {
    let place = Place::bundled();
    assert_eq!(place.secrets().len(), 10);
    say_everything(&place);
    // Not when something is wrong with them either: weak, differing from the URL, open to others.
    place.write("secrets/redis_password", "another password than the URL holds");
    place.write("secrets/jwt_secret", "changeme-changeme");
    place.write("secrets/encryption_key", "  hunter2-hunter2-hunter2-hunter2-  ");
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(place.directory.join("secrets/nextauth_secret"), open).unwrap();
    say_everything(&place);
    place.run(&["secrets", "verify"]).exits(8);
}

#[test]
fn only_what_is_missing_is_made() {
    let place = Place::bundled();
    let before = place.secrets();
    for gone in ["jwt_secret", "metrics_token"] {
        fs::remove_file(place.directory.join("secrets").join(gone)).unwrap();
    }
    let ran = place.run(&["secrets", "generate"]).exits(0);
    assert_eq!(ran.out, "created jwt_secret\ncreated metrics_token\n");
    let after = place.secrets();
    for ((name, old), (_, new)) in before.iter().zip(&after) {
        assert_eq!(old == new, !["jwt_secret", "metrics_token"].contains(&name.as_str()), "{name}");
    }
    let document = place.run(&["secrets", "generate", "--json"]).exits(0).document();
    assert_eq!((&document["schema"], &document["created"]), (&1.into(), &serde_json::json!([])));
    assert_eq!(place.secrets(), after);
}

#[test]
fn they_are_private_hexadecimal_and_agree() {
    let place = Place::bundled();
    let mode = |path: &str| fs::metadata(place.directory.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("secrets"), 0o700);
    let secrets = place.secrets();
    let value = |name: &str| secrets.iter().find(|(n, _)| n == name).unwrap().1.clone();
    for (name, value) in &secrets {
        assert_eq!(mode(&format!("secrets/{name}")), 0o600, "{name}");
        assert!(name.ends_with("_url") || value.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
    }
    assert!(value("database_url").contains(&format!(":{}@postgres:5432/", value("postgres_password"))));
    assert!(value("redis_url").contains(&format!(":{}@redis:6379", value("redis_password"))));
    let distinct: std::collections::BTreeSet<_> = secrets.iter().map(|(_, value)| value).collect();
    assert_eq!(distinct.len(), secrets.len());
}

#[test]
fn the_database_of_ones_choice_is_in_its_url() {
    let place = Place::bundled();
    place.append(".env", "POSTGRES_USER=films\nPOSTGRES_DB=library\n");
    fs::remove_file(place.directory.join("secrets/database_url")).unwrap();
    place.run(&["secrets", "generate"]).exits(0);
    let url = place.read("secrets/database_url");
    assert!(url.starts_with("postgresql://films:") && url.contains("@postgres:5432/library"), "not as chosen");
}

/// Verifies after a change to the directory; returns what is said.
#[track_caller]
fn verified(code: i32, change: impl Fn(&Place)) -> String {
    let place = Place::bundled();
    change(&place);
    let document = place.run(&["secrets", "verify", "--json"]).exits(code).document();
    assert_eq!((&document["schema"], &document["ok"]), (&1.into(), &(code == 0).into()), "{document}");
    for problem in document["problems"].as_array().unwrap() {
        assert!(["name", "kind", "what", "hint"].iter().all(|key| problem[*key].is_string()), "{problem}");
    }
    let Ran { out, err, .. } = place.run(&["secrets", "verify"]).exits(code);
    assert_eq!(err, "");
    place.plain(&out)
}

#[test]
fn verification() {
    let remove = |name: &'static str| move |place: &Place| fs::remove_file(place.directory.join("secrets").join(name)).unwrap();
    assert_eq!(verified(0, |_| {}), "✓ 10 secrets are there, strong, private and consistent\n");
    assert_snapshot!("missing", verified(8, remove("jwt_secret")));
    assert_snapshot!("empty", verified(8, |place| place.write("secrets/jwt_secret", "")));
    assert_snapshot!("weak", verified(8, |place| place.write("secrets/jwt_secret", "short")));
    assert_snapshot!("disagreeing", verified(8, |place| place.write("secrets/redis_password", "other-one-that-is-long")));
    assert_snapshot!(
        "open",
        verified(0, |place| {
            let open = fs::Permissions::from_mode(0o644);
            fs::set_permissions(place.directory.join("secrets/jwt_secret"), open).unwrap();
        })
    );
}

#[test]
fn the_list_tells_names_sizes_and_modes() {
    let place = Place::bundled();
    let ran = place.run(&["secrets", "list"]).exits(0);
    assert_eq!(ran.out.lines().count(), 11, "{}", ran.out);
    assert!(ran.out.lines().skip(1).all(|line| line.contains("  0600  ")), "{}", ran.out);
    let document = place.run(&["secrets", "list", "--json"]).exits(0).document();
    let names: Vec<_> = document["secrets"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, place.secrets().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
}
