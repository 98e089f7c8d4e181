//! Releases that do not work: what is told, what is kept, what goes on serving, and how it goes on.

use std::collections::BTreeSet;

use crate::support::{Site, get};

/// A back end whose health check fails.
const SICK: &str = "services: {backend: {environment: {FAULT_NEVER_HEALTHY: \"1\"}}}
";

fn volumes(site: &Site) -> BTreeSet<String> {
    site.engine.volumes(&site.place.project).iter().map(|v| v["Name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn real_a_first_deploy_that_fails_goes_on_when_it_is_mended() {
    let site = Site::bundled();
    site.overrides(SICK);
    let ran = site.run(&["deploy", "--wait-timeout", "25"]).exits(1);
    // Either replica may be the first to be given up.
    let told = |text: &str| assert!(ran.err.contains(text), "no `{text}` in {}", ran.err);
    told("error: service `backend`: container ");
    told(" did not become healthy within 25 s");
    told("caused by: its health check: exit code 22: curl: (22) The requested URL returned error: 500");
    told("last log lines:\n");
    told("v1.0.0 listening on 0.0.0.0:4000");
    told("note: what was done so far is kept, and no data volume was removed");
    told(" logs backend`");
    told(" deploy` again: it goes on from here");

    // What is well already need not be waited for again.
    let error = site.run(&["deploy", "--json", "--wait-timeout", "5"]).exits(1).json_error();
    assert_eq!(error["code"], "unhealthy");
    let all = error.to_string();
    assert!(all.contains("returned error: 500") && all.contains("listening on"), "{all}");
    let status = site.run(&["status", "--json"]).exits(1).document();
    assert_eq!(status["healthy"], false);
    let logs = site.run(&["logs", "backend"]).exits(0).out;
    assert!(logs.contains("listening on"), "{logs}");

    let (stores, data) = (["postgres", "redis", "frontend"].map(|s| site.identities(s)), volumes(&site));
    site.overrides("services: {}\n");
    site.run(&["deploy"]).exits(0);
    assert_eq!(["postgres", "redis", "frontend"].map(|s| site.identities(s)), stores, "what was well stays as it is");
    assert!(data.iter().filter(|name| name.ends_with("_data")).all(|name| volumes(&site).contains(name)));
    assert_eq!(get(site.port, "/api/health").status, 200);
    site.run(&["status", "-q"]).exits(0);
    site.run(&["plan", "--exit-code", "-q"]).exits(0);
}

#[test]
fn real_an_update_that_fails_leaves_the_old_release_serving() {
    let site = Site::bundled();
    site.run(&["deploy"]).exits(0);
    let before = ["backend", "frontend", "nginx", "postgres", "redis"].map(|s| ids(&site, s));
    let old_release_serves = |what: &str| {
        for path in ["/", "/api/health"] {
            let answer = get(site.port, path);
            assert_eq!((answer.status, answer.header("x-medianest-version")), (200, "v1.0.0"), "{what}: {path}");
        }
        let now = ["backend", "frontend", "nginx", "postgres", "redis"].map(|s| ids(&site, s));
        assert_eq!(now, before, "{what}: the same containers");
        assert!(site.place.read(".env").contains("MEDIANEST_VERSION=v1.0.0\n"), "{what}");
        assert_eq!(site.run(&["status", "--json"]).document()["version"], "v1.0.0", "{what}");
    };
    never_healthy(&site);
    old_release_serves("never healthy");
    site.run(&["status", "-q"]).exits(0);
    out_of_memory(&site);
    old_release_serves("out of memory");
    a_migration_that_fails(&site);
    old_release_serves("failed migration");
    a_migration_that_fails_at_first(&site);
}

/// The identifiers of a service's containers that are not kept for inspection.
fn ids(site: &Site, service: &str) -> Vec<String> {
    let in_place = site.identities(service).into_iter().filter(|[name, ..]| !name.ends_with("-failed"));
    in_place.map(|[_, id, _]| id).collect()
}

fn never_healthy(site: &Site) {
    site.overrides(SICK);
    let ran = site.run(&["deploy", "v1.1.0", "--wait-timeout", "10"]).exits(6);
    for text in [
        "did not become healthy within 10 s",
        "its health check: exit code 22: curl: (22) The requested URL returned error: 500",
        "v1.1.0 listening on 0.0.0.0:4000",
        "note: what ran before runs again: v1.0.0 (release 1)\n",
        "migrate-1-next, ",
        "what it did to data is not taken back",
        "note: kept for inspection: ",
        "-failed",
        " logs backend --failed`",
    ] {
        assert!(ran.err.contains(text), "no `{text}` in {}", ran.err);
    }
    site.place.assert_no_secret("what a failure says", ran.err.as_bytes());
    let logs = site.run(&["logs", "backend", "--failed"]).exits(0).out;
    assert!(logs.contains("v1.1.0 listening on") && logs.contains("-failed"), "{logs}");
}

fn out_of_memory(site: &Site) {
    site.overrides(
        "services:\n  backend:\n    environment: {FAULT_ALLOCATE_MB: \"600\"}\n    deploy:\n      resources:\n        limits: {memory: 128M}\n        reservations: {memory: 64M}\n",
    );
    let error = site.run(&["deploy", "v1.1.0", "--json"]).exits(6).json_error();
    assert_eq!(error["code"], "unhealthy", "{error}");
    let causes = error["causes"].to_string();
    assert!(causes.contains("the kernel killed it because it used more memory than its limit of 128 MiB"), "{error}");
}

fn a_migration_that_fails(site: &Site) {
    site.overrides("services: {migrate: {environment: {FAULT_MIGRATE_FAIL: always}}}\n");
    let ran = site.run(&["deploy", "v1.1.0"]).exits(6);
    for text in [
        "attempt 1 of 4 failed (exit code 1), next one in 2 s",
        "attempt 3 of 4 failed (exit code 1), next one in 8 s",
        "error: job `migrate` failed in container ",
        "exit code 1 at the last of 4 attempts",
        "error: the migration failed, as FAULT_MIGRATE_FAIL asks",
        "note: what ran before runs again: v1.0.0 (release 1)\n",
        " logs migrate`",
    ] {
        assert!(ran.err.contains(text), "no `{text}` in {}", ran.err);
    }
    site.place.assert_no_secret("what a failure says", ran.err.as_bytes());
    // The release that serves is well, its own migration among it.
    let status = site.run(&["status", "--json"]).exits(0).document();
    assert!(status["services"].as_array().unwrap().iter().all(|service| service["healthy"] == true), "{status}");
}

fn a_migration_that_fails_at_first(site: &Site) {
    site.overrides("services: {migrate: {environment: {FAULT_MIGRATE_FAIL: \"1\"}}}\n");
    let ran = site.run(&["deploy", "v1.1.0"]).exits(0);
    assert!(ran.err.contains("attempt 1 of 4 failed") && !ran.err.contains("attempt 2 of 4 failed"), "{}", ran.err);
    assert_eq!(get(site.port, "/api/health").header("x-medianest-version"), "v1.1.0");
    site.run(&["status", "-q"]).exits(0);
    // What was kept for inspection goes with the next success.
    let names: Vec<_> = site.engine.inventory(&site.place.project);
    assert!(!names.iter().any(|name| name.ends_with("-failed") || name.contains("-next")), "{names:?}");
}
