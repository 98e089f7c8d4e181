//! Canaries on a real nginx: its own log says whether they become the release.

use serde_json::Value;

use crate::{
    failing::{failed_containers, light, serving, told},
    load::{FailureKind, Load, Mix, VERSIONS, Window, assert_replicas, configure_backend, raised, stack},
    support::Site,
};

/// Long enough for some two hundred requests to each canary.
const CANARY: [&str; 6] = ["update", VERSIONS[1], "--canary", "50%", "--bake", "8s"];
/// Requests before and after.
const REQUESTS: u64 = 50;

/// What is slow by its nature would make a percentile of few requests a matter of luck.
fn quick() -> Mix {
    Mix { slow: std::time::Duration::from_secs(24 * 3600), ..light() }
}

/// The figures that a trial's message gives of one side: permille of failures, requests, and the 95th percentile in ms.
#[track_caller]
fn figures(text: &str, side: &str) -> (u64, u64, u64) {
    let begin = format!("{side}: ");
    let at = text.find(&begin).unwrap_or_else(|| panic!("nothing of {side} in {text}")) + begin.len();
    let numbers: Vec<u64> = text[at..]
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .filter_map(|part| part.trim_matches('.').replace('.', "").parse().ok())
        .collect();
    let [permille, requests, 95, p95, ..] = numbers[..] else { panic!("not the figures of {side}: {text}") };
    (permille, requests, p95)
}

/// Lines of trials in nginx's log, by the container that answered.
fn logged(site: &Site, address: &str) -> usize {
    let log = site.run(&["logs", "nginx", "-n", "1000000"]).exits(0).out;
    log.lines().filter(|line| line.contains(&format!("medianestctl-trial|{address}:"))).count()
}

fn address(site: &Site, container: &str) -> String {
    let networks = &site.engine.container(&site.name(container))["NetworkSettings"]["Networks"];
    let public = networks.as_object().unwrap().iter().find(|(name, _)| name.ends_with("_network")).unwrap().1;
    public["IPAddress"].as_str().unwrap().to_owned()
}

#[test]
fn real_a_canary_that_does_well_becomes_the_release_and_nobody_notices() {
    let site = stack(Window::SHORT, &[]);
    println!("{}; {}", raised(), Window::SHORT);
    site.run(&["deploy"]).exits(0);
    let load = Load::start(site.port, quick());
    load.until_booked(REQUESTS);
    load.begin("canary");
    let ran = site.run(&[&CANARY[..], &["--json"]].concat()).exits(0);
    load.until_booked(REQUESTS);
    assert_replicas(&site, VERSIONS[1]);
    let events = ran.events();
    let found: Vec<_> = events.iter().filter(|e| e["event"] == "step_found").map(|e| e["message"].as_str().unwrap()).collect();
    for service in ["backend", "frontend"] {
        let canary = site.name(&format!("{service}-1-next"));
        let text = found.iter().find(|text| text.contains(&canary)).unwrap_or_else(|| panic!("no word of {canary}: {found:?}"));
        println!("{text}");
        let ((failed, requests, _), (failed_there, others, _)) = (figures(text, "the canary"), figures(text, "the others"));
        assert!(failed == 0 && failed_there == 0 && requests >= 20 && others >= 20, "{text}");
        // It is nginx that says so: the replica has the address at which it was tried.
        let logged = logged(&site, &address(&site, &format!("{service}-1")));
        assert!(logged as u64 >= requests, "{logged} lines of {service}-1 in nginx's log, {text}");
    }
    let record = &site.run(&["releases", "show", "2", "--json"]).exits(0).document()["release"];
    assert_eq!((&record["outcome"], &record["version"]), (&"deployed".into(), &VERSIONS[1].into()), "{record}");
    let upstreams = site.engine.exec(&site.name("nginx-1"), "", &["sh", "-c", "cat /etc/medianest/upstreams/*.conf"]).1;
    assert!(!upstreams.contains("weight=") && !upstreams.contains("trial"), "no trial is left: {upstreams}");
    let report = load.finish();
    println!("{report}");
    assert_eq!(report.failed(), 0, "{report}");
}

#[test]
fn real_a_canary_that_fails_some_requests_is_taken_back_and_the_others_serve_on() {
    let site = stack(Window::SHORT, &[]);
    println!("{}; {}", raised(), Window::SHORT);
    site.run(&["deploy"]).exits(0);
    let before = serving(&site);
    let load = Load::start(site.port, quick());
    load.until_booked(REQUESTS);
    load.begin("canary");
    configure_backend(&site, Window::SHORT, &["FAULT_5XX_RATE: \"0.3\""]);
    let ran = site.run(&CANARY).exits(6);
    load.begin("after");
    assert_eq!(serving(&site), before, "the same containers serve, those of the back end never stopped");
    assert_replicas(&site, VERSIONS[0]);
    load.until_booked(REQUESTS);
    let (told, canary) = (told(&ran, false), site.name("backend-1-next"));
    println!("{told}");
    for text in [
        &format!("error: service `backend`: the canary {canary} fails more often than the others\n"),
        "last log lines:",
        "variables FAULT_5XX_RATE added",
        "what ran before runs again: v1.0.0 (release 1)",
        &format!("kept for inspection: {}", site.name("backend-1-failed")),
        " logs backend --failed`",
    ] {
        assert!(told.contains(text), "no `{text}` in {told}");
    }
    assert!(told.lines().count() <= 24, "it fits a screen: {told}");
    let ((failed, requests, _), (failed_there, others, _)) = (figures(&told, "the canary"), figures(&told, "the others"));
    assert!(failed > 100 && requests >= 20 && failed_there == 0 && others > 0, "{told}");
    site.run(&["status"]).exits(0);
    assert_eq!(failed_containers(&site), [site.name("backend-1-failed")]);
    let record = &site.run(&["releases", "show", "2", "--json"]).exits(0).document()["release"];
    assert_eq!(record["outcome"], Value::from("rolled_back"), "{record}");
    assert!(record["why"].as_str().unwrap().contains("fails more often than the others"), "{record}");
    let report = load.finish();
    println!("{report}");
    // What the canary itself answered is what a trial costs; nothing else may be lost, and nothing afterwards.
    let kinds: Vec<_> = report.failures.keys().collect();
    assert_eq!(kinds, [&FailureKind::Status(500)], "{report}");
    assert_eq!((report.before.failed, report.changes[1].failed), (0, 0), "{report}");
}
