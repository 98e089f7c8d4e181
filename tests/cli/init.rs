//! `init`: what it makes, and that it leaves alone what is there.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use insta::assert_snapshot;

use crate::support::{Place, Ran};

/// Everything below a directory: path, and mode and content.
fn tree(root: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
            let is_directory = entry.file_type().unwrap().is_dir();
            let content = if is_directory { Vec::new() } else { fs::read(entry.path()).unwrap() };
            found.insert(entry.path().strip_prefix(root).unwrap().to_owned(), (mode, content));
            open.extend(is_directory.then(|| entry.path()));
        }
    }
    found
}

fn init(place: &Place, more: &[&str]) -> Ran {
    let mut args = vec!["-p", &place.project, "init", "--non-interactive"];
    args.extend(more);
    place.run(&args)
}

#[test]
fn a_directory_of_its_own() {
    let place = Place::empty();
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let ran = init(&place, &[]).exits(0);
    assert_eq!(ran.out, "");
    let made = tree(&place.directory);
    let lines: Vec<_> = made.iter().map(|(path, (mode, _))| format!("{mode:04o} {}", path.display())).collect();
    assert_snapshot!(format!("{}\n\n{}", place.plain(&ran.err).trim_end(), lines.join("\n")));
    place.assert_no_secret("what init says", ran.all().as_bytes());
}

#[test]
fn a_directory_that_is_not_there_yet_is_closed_to_others() {
    let place = Place::empty();
    fs::remove_dir(&place.directory).unwrap();
    init(&place, &["-q"]).exits(0);
    let mode = fs::metadata(&place.directory).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode & 0o007, 0, "{mode:o}");
}

#[test]
fn a_second_run_changes_nothing() {
    let place = Place::empty();
    init(&place, &[]).exits(0);
    let before = tree(&place.directory);
    let ran = init(&place, &["--public-url", "https://other.example", "--http-port", "8099"]).exits(0);
    assert_eq!(tree(&place.directory), before);
    assert!(ran.err.contains("everything is there already; nothing was changed"), "{}", ran.err);
    let document = init(&place, &["--json"]).exits(0).document();
    assert_eq!((&document["files"], &document["secrets"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[test]
fn what_was_edited_stays() {
    let place = Place::empty();
    init(&place, &[]).exits(0);
    for file in [".env", "compose.yaml", "compose.override.yaml", "nginx/site.conf"] {
        place.append(file, "# mine\n");
    }
    place.write("secrets/jwt_secret", "a-value-of-mine-that-is-long-enough");
    fs::remove_file(place.directory.join("secrets/encryption_key")).unwrap();
    let before = tree(&place.directory);
    init(&place, &[]).exits(0);
    let mut after = tree(&place.directory);
    let (mode, value) = after.remove(Path::new("secrets/encryption_key")).expect("what is missing is made again");
    assert_eq!((mode, value.len()), (0o600, 64));
    assert_eq!(after, before);
}

#[test]
fn a_stack_of_ones_own_is_not_mixed_with_the_bundled_one() {
    let place = Place::with_compose("services: {app: {image: \"example.org/app:1\"}}\n");
    init(&place, &[]).exits(0);
    let made: Vec<_> = tree(&place.directory).into_keys().collect();
    assert_eq!(made, [".env", "compose.yaml"].map(PathBuf::from));
}

#[test]
fn the_answers_are_in_the_environment_file() {
    let place = Place::empty();
    let url = "https://media.example.org";
    let answers = ["--public-url", url, "--bind", "127.0.0.1", "--http-port", "8085", "--release", "v1.1.0"];
    init(&place, &answers).exits(0);
    let env = place.read(".env");
    for line in [
        "PUBLIC_URL=https://media.example.org",
        "MEDIANEST_BIND=127.0.0.1",
        "HTTP_PORT=8085",
        "MEDIANEST_VERSION=v1.1.0",
        &format!("COMPOSE_PROJECT_NAME={}", place.project),
    ] {
        assert_eq!(env.lines().filter(|l| *l == line).count(), 1, "{line} in {env}");
    }
}

#[test]
fn each_kind_of_environment_can_be_used() {
    for (kind, node, files) in [
        ("production", "production", &["compose.yaml"][..]),
        ("development", "development", &["compose.yaml", "compose.dev.yaml"]),
        ("test", "test", &["compose.yaml"]),
    ] {
        let place = Place::empty();
        let ran = init(&place, &["--environment", kind]).exits(0);
        assert!(!ran.err.contains("warning"), "{}", ran.err);
        let mut args: Vec<&str> = files.iter().flat_map(|file| ["-f", *file]).collect();
        args.extend(["config", "--json"]);
        let config = place.run(&args).exits(0);
        assert_eq!(config.err, "", "{kind}");
        let backend = &config.document()["services"]["backend"];
        assert_eq!(backend["environment"]["NODE_ENV"], node);
        place.run(&["secrets", "verify", "-q"]).exits(0);
    }
    let ran = init(&Place::empty(), &["--environment", "moon"]).exits(2);
    assert!(ran.err.contains("production, development, test"), "{}", ran.err);
}

#[test]
fn an_environment_file_from_elsewhere_must_be_readable() {
    let place = Place::empty();
    place.write(".env", "MEDIANEST_VERSION=v1.0.0\nNO NAME=hunter2\n");
    let ran = init(&place, &[]).exits(4).one_error();
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    assert_eq!(place.read(".env"), "MEDIANEST_VERSION=v1.0.0\nNO NAME=hunter2\n");
    assert!(!place.directory.join("secrets").exists());
}

#[test]
fn a_place_that_cannot_be_made() {
    let place = Place::empty();
    place.write("file", "");
    let ran = place.run(&["-C", "x", "init"]).exits(2);
    assert!(ran.err.contains("cannot be used multiple times"), "{}", ran.err);
    let mut place = place;
    place.directory = place.directory.join("file/site");
    let ran = place.run(&["init", "--json"]).exits(1);
    assert!(ran.json_error()["message"].as_str().unwrap().contains("cannot make the directory"), "{}", ran.out);
}
