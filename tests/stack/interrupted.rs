//! Two operators at once, one who changes his mind, and one whose machine is switched off.

use rustix::process::Signal;

use crate::support::{Running, Site, get};

/// A back end that takes longer to start than anybody waits here.
const SLOW: &str = "services: {backend: {environment: {FAULT_SLOW_START_MS: \"600000\"}}}\n";

/// Deploys up to where the slow back end is waited for.
fn deploying(site: &Site) -> Running {
    let mut deploy = Running::start(site.place.command(&["deploy", "--json"]));
    deploy.wait_for("step_started", "start", &format!("container {}", site.name("backend-1")));
    deploy.wait_for("step_started", "wait for", &format!("container {}", site.name("backend-1")));
    deploy
}

/// Deploys what works, and finds that everything is as if nothing had happened.
fn converges(site: &Site) {
    site.overrides("services: {}\n");
    site.run(&["deploy"]).exits(0);
    site.run(&["status", "-q"]).exits(0);
    site.run(&["plan", "--exit-code", "-q"]).exits(0);
    let roles = ["service", "job", "verify", "state", "lock", "stage"].map(|role| site.of_role(role).len());
    assert_eq!(roles, [7, 1, 1, 1, 0, 0], "exactly what is wanted: {:?}", site.engine.inventory(&site.place.project));
    assert_eq!(get(site.port, "/api/health").status, 200);
}

#[test]
fn real_one_operator_at_a_time_and_what_an_interrupted_one_leaves() {
    let site = Site::bundled();
    site.overrides(SLOW);
    let first = deploying(&site);
    a_second_operator_is_told(&site);
    changes_his_mind(&site, first);
    site.overrides(SLOW);
    is_killed(&site);
    site.overrides(SLOW);
    an_update_is_interrupted(&site);
}

fn a_second_operator_is_told(site: &Site) {
    let before = site.containers().len();
    for command in ["deploy", "down", "stop"] {
        let ran = site.run(&[command]).exits(5);
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        assert!(
            ran.err.contains(&format!("@{host} is at work on `{}` (deploy v1.0.0) since ", site.place.project)),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("note: nothing was changed"), "{}", ran.err);
    }
    let error = site.run(&["deploy", "--json"]).exits(5).json_error();
    assert_eq!(error["code"], "locked");
    assert_eq!(site.containers().len(), before);
    // Who only looks needs no lock.
    site.run(&["status", "-q"]).exits(1);
    site.run(&["plan", "-q"]).exits(0);
}

fn changes_his_mind(site: &Site, deploy: Running) {
    deploy.signal(Signal::INT);
    let ran = deploy.end().exits(130);
    let error = ran.json_error();
    assert_eq!((&error["code"], &error["message"]), (&"interrupted".into(), &"stopped at your request".into()));
    assert_eq!(error["notes"][0], "what was done so far is kept, and no data volume was removed");
    assert!(error["hints"][0].as_str().unwrap().ends_with(" deploy` again: it goes on from here"), "{error}");
    assert!(ran.events().iter().any(|e| e["event"] == "cancelling"), "{}", ran.out);
    assert!(site.of_role("lock").is_empty(), "the lock is given back");
    let stores = ["postgres", "redis"].map(|service| site.identities(service));
    converges(site);
    assert_eq!(["postgres", "redis"].map(|service| site.identities(service)), stores);
}

fn is_killed(site: &Site) {
    site.run(&["down"]).exits(0);
    let deploy = deploying(site);
    deploy.signal(Signal::KILL);
    deploy.end().exits(-1);
    assert_eq!(site.of_role("lock").len(), 1, "the dead one's lock is there");
    converges(site);
}

fn an_update_is_interrupted(site: &Site) {
    let before = site.identities("nginx");
    let mut deploy = Running::start(site.place.command(&["deploy", "v1.1.0", "--json"]));
    deploy.wait_for("step_started", "wait for", &format!("container {}", site.name("backend-1-next")));
    deploy.signal(Signal::TERM);
    let error = deploy.end().exits(143).json_error();
    let note = error["notes"][0].as_str().unwrap();
    assert!(note.starts_with("what ran before runs again: v1.0.0 (release "), "{error}");
    let answer = get(site.port, "/api/health");
    assert_eq!((answer.status, answer.header("x-medianest-version")), (200, "v1.0.0"));
    converges(site);
    assert_eq!(site.identities("nginx"), before);
}
