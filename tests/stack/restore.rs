//! The dump before a migration, and the way back for the data as `docs/updates.md` describes it, word by word.

use std::process::Command;

use crate::{
    life::{query, remember, remembered},
    support::{Ran, Site, get},
};

/// Modes and names of the dumps in the database's volume.
fn dumps(site: &Site) -> Vec<String> {
    let list = "cd \"$PGDATA\" && for f in *.dump*; do [ ! -e \"$f\" ] || stat -c '%a %n' \"$f\"; done";
    let (code, output) = site.engine.exec(&site.name("postgres-1"), "", &["sh", "-c", list]);
    assert_eq!(code, 0, "{output}");
    output.lines().map(|line| line.trim().to_owned()).collect()
}

/// The commands that the documentation prints after `heading`, with the project's name in the place of NAME.
fn printed(site: &Site, heading: &str) -> String {
    let text = include_str!("../../docs/updates.md");
    let at = text.find(heading).unwrap_or_else(|| panic!("{heading} stands in docs/updates.md"));
    let block = text[at..].split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("commands follow it");
    assert!(block.contains("NAME-"), "{block}");
    block.replace(" NAME-", &format!(" {}-", site.place.project))
}

/// Runs commands as an operator does who stands in the deployment directory.
fn by_hand(site: &Site, commands: &str) -> Ran {
    let program = site.place.command(&[]);
    let directory = std::path::Path::new(program.get_program()).parent().unwrap().to_owned();
    let mut shell = Command::new("sh");
    shell.args(["-euc", commands]).current_dir(&site.place.directory).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let path = std::env::var("PATH").unwrap_or_default();
    shell.env("PATH", format!("{}:{path}", directory.display()));
    Ran::of(shell)
}

#[test]
fn real_the_data_goes_back_to_what_it_was_before_a_breaking_update() {
    let site = Site::bundled();
    site.engine.needs_images(&["medianest/backend:v2.0.0", "medianest/frontend:v2.0.0"]);
    site.run(&["deploy"]).exits(0);
    assert_eq!(dumps(&site), Vec::<String>::new(), "a first deploy has nothing to dump");
    remember(&site, "the first film");
    let ran = site.run(&["plan", "v2.0.0"]).exits(0);
    assert!(ran.out.contains("the database of"), "{}", ran.out);
    site.run(&["update", "v2.0.0"]).exits(0);
    assert_eq!(dumps(&site), ["600 medianestctl-before-update-1.dump"]);
    assert_eq!(query(&site, "select count(*) from watchlist_items"), "0");
    remember(&site, "the second film");
    assert!(remembered(&site, "the first film") && remembered(&site, "the second film"));

    // There is no way back but this one.
    let ran = site.run(&["rollback"]).exits(3);
    assert!(ran.err.contains("medianestctl-before-update-N.dump") && ran.err.contains("docs/updates.md"), "{}", ran.err);
    by_hand(&site, &printed(&site, "The dump before the update is restored like this").replace("-N.dump", "-1.dump")).exits(0);
    site.place.write(".env", &site.place.read(".env").replace("MEDIANEST_VERSION=v2.0.0", "MEDIANEST_VERSION=v1.0.0"));
    site.run(&["deploy"]).exits(0);
    assert_eq!(get(site.port, "/api/health").header("x-medianest-version"), "v1.0.0");
    assert_eq!(get(site.port, "/health").status, 200);
    assert!(remembered(&site, "the first film"), "the old rows are back");
    assert!(!remembered(&site, "the second film"), "what came later is not");
    assert_eq!(query(&site, "select to_regclass('watchlist_items') is null"), "t", "nor are tables that came later");
    remember(&site, "the third film");
    site.run(&["plan", "--exit-code", "-q"]).exits(0);

    // Nobody takes the database for one that has been migrated already.
    let ran = site.run(&["rollback"]);
    assert_ne!(ran.code, 0, "the newer release cannot live with the older schema: {}", ran.err);
    site.run(&["update", "v2.0.0", "--no-backup"]).exits(0);
    assert_eq!(query(&site, "select to_regclass('watchlist_items') is null"), "f", "it has been migrated again");
    assert!(remembered(&site, "the first film") && remembered(&site, "the third film"));
    assert_eq!(dumps(&site), ["600 medianestctl-before-update-1.dump"], "--no-backup makes none");
}
