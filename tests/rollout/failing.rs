//! New versions that are no good, one after the other, while clients are at it: none of them notices anything.

use std::time::Duration;

use serde_json::Value;

use crate::{
    load::{Load, Mix, UPDATE, VERSIONS, Window, assert_replicas, configure_backend, raised, stack},
    support::{Ran, Site},
};

const NEVER: Duration = Duration::from_secs(24 * 3600);
/// Requests before and after each attempt.
const REQUESTS: u64 = 50;

/// Light, so that what is slow here is the fault and not the machine; web sockets are looked at elsewhere.
pub fn light() -> Mix {
    Mix {
        brisk: (4, Duration::from_millis(100)),
        lazy: (2, Duration::from_secs(3)),
        fresh: Duration::from_millis(40),
        slow: Duration::from_secs(2),
        upload: NEVER,
        trickle: NEVER,
        sockets: 0,
    }
}

/// A version that is no good.
struct Fault {
    name: &'static str,
    /// Seconds that the update watches a new replica for.
    monitor: u64,
    environment: &'static str,
    /// Added to `.env`.
    settings: &'static str,
    options: &'static [&'static str],
    /// What must be said, to a person and in the fields for a machine.
    said: &'static [&'static str],
    /// What the record must say.
    why: &'static str,
    /// What it has printed.
    printed: &'static str,
}

const FAULTS: [Fault; 3] = [
    Fault {
        name: "never healthy",
        monitor: 1,
        environment: "FAULT_NEVER_HEALTHY: \"1\"",
        settings: "",
        options: &["--wait-timeout", "8"],
        said: &[
            "did not become healthy within 8 s",
            "its health check: exit code 22: curl: (22) The requested URL returned error: 500",
            "last log lines:",
            "v1.1.0 listening on 0.0.0.0:4000",
            "variables FAULT_NEVER_HEALTHY added",
        ],
        why: "did not become healthy within 8 s",
        printed: "v1.1.0 listening on",
    },
    Fault {
        name: "out of memory",
        monitor: 1,
        environment: "FAULT_ALLOCATE_MB: \"300\"",
        settings: "BACKEND_MEMORY=64M\nBACKEND_MEMORY_RESERVATION=32M\n",
        options: &[],
        said: &[
            "keeps crashing (3 restarts, the last time with exit code 137)",
            "the kernel killed it because it used more memory than its limit of 64 MiB",
            "memory limit 1 GiB becomes 64 MiB; variables FAULT_ALLOCATE_MB added",
        ],
        why: "exit code 137",
        printed: "",
    },
    Fault {
        name: "crashes after 20 s of 30",
        monitor: 30,
        environment: "FAULT_CRASH_AFTER_S: \"20\"",
        settings: "BACKEND_MEMORY=1G\n",
        options: &[],
        said: &[
            "was healthy and did not stay up for 30 s: it ended with exit code 1",
            "last log lines:",
            "v1.1.0 listening on 0.0.0.0:4000",
            "variables FAULT_CRASH_AFTER_S added",
        ],
        why: "did not stay up for 30 s",
        printed: "v1.1.0 listening on",
    },
];

/// The containers that serve: those of the service that was to change with their starts, all others by identifier.
pub fn serving(site: &Site) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let describe = |c: &Value| {
        let (name, id) = (text(&c["Name"]), text(&c["Id"]));
        // A good front end may have taken over for a while.
        let start = if name.contains("-backend-") { text(&c["State"]["StartedAt"]) } else { String::new() };
        format!("{name} {id} {start}")
    };
    site.of_role("service").iter().filter(|c| c["State"]["Running"] == true).map(describe).collect()
}

pub fn failed_containers(site: &Site) -> Vec<String> {
    let names = site.containers();
    let names = names.iter().filter_map(|c| c["Name"].as_str()).map(|name| name.trim_start_matches('/').to_owned());
    names.filter(|name| name.ends_with("-failed")).collect()
}

/// What was said, without the lines that tell of progress.
#[track_caller]
pub fn told(ran: &Ran, json: bool) -> String {
    if !json {
        let at = ran.err.find("error: ").unwrap_or_else(|| panic!("no error in {}", ran.err));
        return ran.err[at..].to_owned();
    }
    let error = ran.json_error();
    assert_eq!(error["code"], "unhealthy", "{error}");
    let all = ["causes", "changes", "details", "notes", "hints"].map(|list| error[list].as_array().unwrap().clone());
    let lines = all.iter().flatten().map(|line| line.as_str().unwrap().to_owned());
    std::iter::once(error["message"].as_str().unwrap().to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_taken_back(site: &Site, fault: &Fault, ran: &Ran, json: bool, number: u64) {
    let told = told(ran, json);
    println!("{told}\n");
    let culprit = site.name("backend-1-failed");
    for text in fault.said.iter().copied().chain([
        "backend: image medianest/backend:v1.0.0 becomes medianest/backend:v1.1.0",
        "what ran before runs again: v1.0.0 (release 1)",
        &format!("kept for inspection: {culprit}"),
        " logs backend --failed`",
    ]) {
        assert!(told.contains(text), "{}: no `{text}` in {told}", fault.name);
    }
    assert!(told.lines().count() <= 24, "it fits a screen: {told}");
    site.place.assert_no_secret("what a failure says", ran.all().as_bytes());
    site.run(&["status"]).exits(0);
    assert_eq!(failed_containers(site), std::slice::from_ref(&culprit));
    let logs = site.run(&["logs", "backend", "--failed"]).exits(0).out;
    assert!(logs.contains(fault.printed) && (fault.printed.is_empty() || logs.contains(&culprit)), "{}: {logs}", fault.name);
    let record = &site.run(&["releases", "show", &number.to_string(), "--json"]).exits(0).document()["release"];
    assert_eq!((&record["outcome"], &record["version"]), (&"rolled_back".into(), &VERSIONS[1].into()), "{record}");
    assert!(record["why"].as_str().unwrap().contains(fault.why), "{record}");
}

#[test]
fn real_a_version_that_is_no_good_is_taken_back_and_nobody_notices() {
    let site = stack(Window::SHORT, &[]);
    println!("{}", raised());
    site.run(&["deploy"]).exits(0);
    let before = serving(&site);
    let load = Load::start(site.port, light());
    load.until_booked(REQUESTS);
    for (number, fault) in (2..).zip(&FAULTS) {
        load.begin(fault.name);
        let window = Window { monitor: fault.monitor, ..Window::SHORT };
        configure_backend(&site, window, &[fault.environment]);
        site.place.append(".env", fault.settings);
        println!("{}: {window}", fault.name);
        // One of them as a machine is told.
        let json = fault.name == "out of memory";
        let format: &[&str] = if json { &["--json"] } else { &[] };
        let ran = site.run(&[UPDATE, fault.options, format].concat()).exits(6);
        assert_eq!(serving(&site), before, "{}: what served before serves on, the back end untouched", fault.name);
        assert_replicas(&site, VERSIONS[0]);
        assert_taken_back(&site, fault, &ran, json, number);
        load.until_booked(REQUESTS);
    }
    load.begin("a good version");
    configure_backend(&site, Window::SHORT, &[]);
    site.place.append(".env", "BACKEND_MEMORY_RESERVATION=256M\n");
    site.run(UPDATE).exits(0);
    load.until_booked(REQUESTS);
    assert_replicas(&site, VERSIONS[1]);
    assert_eq!(failed_containers(&site), Vec::<String>::new(), "what was kept for inspection is gone");
    let report = load.finish();
    println!("{report}");
    assert_eq!(report.failed(), 0, "{report}");
    for change in &report.changes {
        let expected = change.name == "a good version";
        assert!(change.requests > 0 && (!expected || change.first_answer(VERSIONS[1]).is_some()), "{report}");
    }
}
