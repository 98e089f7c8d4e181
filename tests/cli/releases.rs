//! The history of a project, as it is told; and what goes when less of it is kept.

use serde_json::{Value, json};

use crate::support::Site;

const VALUE: &str = "tell-nobody-4711";

fn compose(level: &str, command: &str) -> String {
    format!(
        "x-medianest: {{version: \"${{MEDIANEST_VERSION:-v1}}\", releases: {{keep: 1}}}}\nservices:\n  app:\n    \
         image: medianest-demo/redis:7\n    command: {command}\n    tmpfs: [/data]\n    healthcheck: {{disable: true}}\n    stop_grace_period: 1s\n    \
         environment: {{LEVEL: {level}, OTHER: {VALUE}}}\n    secrets: [token]\nsecrets: {{token: {{file: token}}}}\n"
    )
}

fn write(site: &Site, level: &str, command: &str, token: &str) {
    site.place.write("compose.yaml", &format!("name: {}\n{}", site.place.project, compose(level, command)));
    site.place.write("token", token);
    use std::os::unix::fs::PermissionsExt as _;
    let path = site.place.directory.join("token");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

const SERVE: &str = "[redis-server]";

#[test]
fn real_releases_are_listed_shown_compared_and_pruned() {
    let site = Site::with_compose("services: {app: {image: medianest-demo/redis:7}}\n");
    let ran = site.run(&["releases"]).exits(0);
    assert!(ran.out.contains("no release is recorded") && ran.err.contains("deploy"), "{}", ran.all());
    assert_eq!(site.run(&["releases", "--json"]).exits(0).document()["releases"], json!([]));

    write(&site, "info", SERVE, "first token of all");
    site.run(&["deploy", "-q"]).exits(0);
    write(&site, "info", SERVE, "second token of all");
    site.run(&["deploy", "-q"]).exits(0);
    write(&site, "debug", "[/bin/false]", "third token of all");
    site.run(&["deploy", "-q"]).exits(6);
    write(&site, "debug", SERVE, "third token of all");
    site.run(&["deploy", "-q"]).exits(0);

    let mut told = String::new();
    let mut say = |args: &[&str]| {
        let ran = site.run(args).exits(0);
        told.push_str(&ran.all());
        ran
    };
    let list = say(&["releases", "--json"]).document();
    let of = |key: &str| list["releases"].as_array().unwrap().iter().map(|r| r[key].clone()).collect::<Vec<_>>();
    assert_eq!((&list["schema"], &list["current"]), (&json!(1), &json!(4)));
    assert_eq!(of("number"), [4, 3, 2, 1]);
    assert_eq!(of("outcome"), ["deployed", "rolled_back", "deployed", "deployed"]);
    assert_eq!(of("current"), [true, false, false, false]);
    assert!(list["releases"][1]["why"].as_str().unwrap().contains("app-1-next"), "{list}");
    let table = say(&["releases"]).out;
    assert!(table.lines().next().unwrap().starts_with("NUMBER  VERSION  OUTCOME"), "{table}");
    assert!(table.lines().nth(1).unwrap().contains("deployed, current"), "{table}");

    let shown = say(&["releases", "show", "4", "--json"]).document();
    assert_eq!((&shown["release"]["number"], &shown["release"]["outcome"]), (&json!(4), &json!("deployed")));
    let names: Vec<_> = shown["release"]["services"]["app"]["environment"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["LEVEL", "OTHER"]);
    assert!(say(&["releases", "show", "3"]).out.contains("rolled back"));
    let diff = say(&["releases", "diff", "2", "4", "--json"]).document();
    let app: &Value = &diff["changes"]["services"][0];
    assert_eq!(app["environment"], json!({"added": [], "removed": [], "changed": ["LEVEL"]}));
    assert_eq!(diff["changes"]["secrets"]["changed"], json!(["token"]));
    let text = say(&["releases", "diff", "2", "4"]).out;
    assert!(text.contains("~ app: environment LEVEL") && text.contains("~ secret token"), "{text}");
    assert!(say(&["releases", "diff", "4", "4"]).out.contains("nothing changed"));
    for value in [VALUE, "debug", "first token", "second token", "third token"] {
        assert!(!told.contains(value), "{value} is told: {told}");
    }

    let ran = site.run(&["releases", "show", "9"]).exits(2).one_error();
    assert!(ran.err.contains("there is no release 9") && ran.err.contains("releases`"), "{}", ran.err);
    assert_eq!(site.run(&["releases", "diff", "1", "9", "--json"]).exits(2).json_error()["code"], "usage");

    let before = site.engine.inventory(&site.place.project);
    let preview = site.run(&["prune", "--dry-run"]).exits(0);
    assert!(
        preview.out.contains("forget") && preview.out.contains("1 old release, 1 file that only it needed"),
        "{}",
        preview.out
    );
    assert!(site.run(&["prune"]).exits(9).err.contains("--yes"));
    assert_eq!(site.engine.inventory(&site.place.project), before);
    let ran = site.run(&["prune", "--yes", "--json"]).exits(0);
    assert_eq!(ran.events().last().unwrap()["changed"], true);
    let list = site.run(&["releases", "--json"]).exits(0).document();
    let numbers: Vec<_> = list["releases"].as_array().unwrap().iter().map(|r| r["number"].clone()).collect();
    assert_eq!(numbers, [4, 3, 2]);
    assert!(site.run(&["prune", "--yes"]).exits(0).err.contains("nothing to remove"));
    assert!(site.run(&["plan", "--exit-code"]).exits(0).out.contains("nothing to change"));
    site.run(&["down", "--volumes", "--yes"]).exits(0);
    site.assert_nothing_there();
}
