//! The life of a stack: made, asked, updated, looked at, stopped and started, damaged, taken down and brought back.

use std::collections::BTreeSet;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Relay, Running, Site, address, get, handshake, request};

#[test]
fn real_the_life_of_a_stack() {
    let site = Site::bundled();
    first_deploy(&site);
    it_serves(&site);
    status_tells_the_truth(&site);
    a_second_deploy_changes_nothing(&site);
    an_update(&site);
    logs(&site);
    stop_start_restart(&site);
    a_container_that_vanished(&site);
    down_and_up_again(&site);
    site.run(&["down", "--volumes", "--yes"]).exits(0);
    site.assert_nothing_there();
}

/// The services of the bundled stack and how many containers each has; the job has none that run.
const SERVICES: [(&str, u64); 6] = [("backend", 2), ("frontend", 2), ("migrate", 0), ("nginx", 1), ("postgres", 1), ("redis", 1)];

fn first_deploy(site: &Site) {
    let ran = site.run(&["status", "--json"]).exits(1);
    assert_eq!(ran.document()["services"], serde_json::json!([]));
    site.run(&["check", "-q"]).exits(0);
    site.run(&["plan", "--exit-code", "-q"]).exits(10);
    site.assert_nothing_there();
    let ran = site.run(&["deploy", "--json"]).exits(0);
    assert_eq!(ran.err, "");
    site.place.assert_no_secret("the events of a deploy", ran.out.as_bytes());
    let events = ran.events();
    assert_eq!(events[0]["event"], "started");
    let count = |kind: &str| events.iter().filter(|e| e["event"] == kind).count();
    assert_eq!(count("step_started"), count("step_finished"));
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["outcome"], &last["changed"]), (&"finished".into(), &"healthy".into(), &true.into()));
}

/// Everybody who answers on `path`, by the names of the instances.
fn instances(site: &Site, path: &str) -> BTreeSet<String> {
    let ask = || {
        let answer = get(site.port, path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.header("x-medianest-instance").to_owned()
    };
    (0..8).map(|_| ask()).collect()
}

fn it_serves(site: &Site) {
    for (path, service) in [("/", "frontend"), ("/api/health", "backend")] {
        assert_eq!(instances(site, path).len(), 2, "both replicas answer {path}");
        assert_eq!(get(site.port, path).header("x-medianest-service"), service);
    }
    assert_eq!(get(site.port, "/health").text(), "ok\n");
    assert_eq!(get(site.port, "/").header("x-content-type-options"), "nosniff");

    // One client keeps one back end where a session lives over several requests.
    let sockets: Vec<_> = (0..6).map(|_| handshake(site.port, "/socket.io/?EIO=4&transport=websocket")).collect();
    assert!(sockets.iter().all(|answer| answer.status == 101), "{sockets:?}");
    let held: BTreeSet<_> = sockets.iter().map(|answer| answer.header("x-medianest-instance")).collect();
    assert_eq!(held.len(), 1, "{held:?}");

    // Metrics are for whoever has the token, and not for the world.
    assert_ne!(get(site.port, "/metrics").header("x-medianest-service"), "backend");
    let backend = site.name("backend-1");
    let scrape = "curl -s -o /dev/null -w %{http_code}";
    let status = |header: &str| {
        site.engine.exec(&backend, "", &["sh", "-c", &format!("{scrape}{header} http://localhost:4000/metrics")]).1
    };
    assert_eq!(status(""), "401");
    assert_eq!(status(" -H 'Authorization: Bearer wrong'"), "401");
    assert_eq!(status(" -H \"Authorization: Bearer $(cat /run/secrets/metrics_token)\""), "200");

    remember(site, "the first film");
    assert!(remembered(site, "the first film"));
}

/// Asks for a film: a row in PostgreSQL.
pub fn remember(site: &Site, title: &str) {
    let body = serde_json::json!({ "title": title }).to_string();
    let answer = request(site.port, "POST", "/api/media", "Content-Type: application/json\r\n", body.as_bytes());
    assert_eq!(answer.status, 201, "{}", answer.text());
}

pub fn remembered(site: &Site, title: &str) -> bool {
    let list = get(site.port, "/api/media").json();
    list["items"].as_array().unwrap().iter().any(|item| item["title"] == title)
}

fn status_tells_the_truth(site: &Site) {
    let ran = site.run(&["status", "--json"]).exits(0);
    let status = ran.document();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        keys(&status),
        ["schema", "project", "version", "healthy", "maintenance", "services", "drift"].map(String::from).into()
    );
    assert_eq!((&status["schema"], &status["project"]), (&1.into(), &site.place.project.as_str().into()));
    assert_eq!((&status["version"], &status["healthy"]), (&"v1.0.0".into(), &true.into()));
    assert_eq!((&status["maintenance"], &status["drift"]), (&Value::Null, &serde_json::json!([])));
    let services = status["services"].as_array().unwrap();
    assert_eq!(services.len(), SERVICES.len());
    for (service, (name, replicas)) in services.iter().zip(SERVICES) {
        let fields = ["name", "state", "healthy", "replicas", "image", "version", "uptime_s"];
        assert_eq!(keys(service), fields.map(String::from).into());
        let job = name == "migrate";
        assert_eq!((&service["name"], &service["healthy"]), (&name.into(), &true.into()));
        assert_eq!(service["state"], if job { "completed" } else { "running" });
        assert_eq!(service["replicas"], serde_json::json!({"desired": replicas, "running": replicas, "healthy": replicas}));
        assert_eq!(service["version"], "v1.0.0");
        assert!(if job { service["uptime_s"].is_null() } else { service["uptime_s"].is_u64() }, "{service}");
        let number = if job { site.name("migrate-1") } else { site.name(&format!("{name}-1")) };
        assert_eq!(service["image"], site.engine.container(&number)["Config"]["Image"]);
    }
    let text = site.run(&["status"]).exits(0).out;
    assert!(text.starts_with(&format!("{} v1.0.0: healthy\n", site.place.project)), "{text}");
    assert!(text.contains("2/2") && text.contains("● running") && text.contains("✓ completed"), "{text}");
}

/// Every container of the project with its identity and its start.
fn everything(site: &Site) -> Vec<[Value; 3]> {
    site.containers().iter().map(|c| [&c["Name"], &c["Id"], &c["State"]["StartedAt"]].map(Value::clone)).collect()
}

fn a_second_deploy_changes_nothing(site: &Site) {
    let relay = Relay::new(site.place.beside("relay.sock"), site.engine.socket());
    let host = address(relay.socket());
    let before = everything(site);
    for args in [&["deploy"][..], &["deploy", "--dry-run"], &["plan"], &["status"], &["check"], &["start"]] {
        relay.take();
        let ran = site.run(&[args, &["--json", "-H", &host]].concat()).exits(0);
        let calls = relay.take();
        assert!(!calls.is_empty(), "the engine was asked through the relay");
        let changing: Vec<_> = calls.iter().filter(|c| !c.starts_with("GET ") && !c.starts_with("HEAD ")).collect();
        assert!(changing.is_empty(), "{args:?}: {changing:?}");
        if args == ["deploy"] {
            let finished = ran.events().pop().unwrap();
            assert_eq!((&finished["outcome"], &finished["changed"]), (&"healthy".into(), &false.into()));
        }
    }
    assert_eq!(everything(site), before);
    site.run(&["plan", "--exit-code", "-q"]).exits(0);
}

/// Asks PostgreSQL.
pub fn query(site: &Site, sql: &str) -> String {
    let psql = "PGPASSWORD=$(cat /run/secrets/postgres_password) exec psql -h 127.0.0.1 -U medianest -d medianest -tAc \"$0\"";
    let (code, output) = site.engine.exec(&site.name("postgres-1"), "", &["sh", "-c", psql, sql]);
    assert_eq!(code, 0, "{sql}: {output}");
    output.trim().to_owned()
}

fn an_update(site: &Site) {
    let applied = "select string_agg(migration_name, ' ' order by migration_name) from _prisma_migrations";
    let table = "select to_regclass('watchlist_items') is not null";
    assert_eq!(query(site, table), "f");
    let (before, env) = (query(site, applied), site.place.read(".env"));
    let untouched = || ["postgres", "redis", "nginx"].map(|service| site.identities(service));
    let (stores, replaced) = (untouched(), site.identities("backend"));

    site.run(&["plan", "v1.1.0", "--exit-code", "-q"]).exits(10);
    let ran = site.run(&["deploy", "v1.1.0", "--dry-run"]).exits(0);
    assert!(ran.out.contains("image medianest/backend:v1.0.0 becomes medianest/backend:v1.1.0"), "{}", ran.out);
    assert_eq!((site.identities("backend"), site.place.read(".env")), (replaced.clone(), env.clone()));

    let ran = site.run(&["deploy", "v1.1.0"]).exits(0);
    assert!(ran.err.contains("v1.1.0 is healthy after"), "{}", ran.err);
    assert_eq!(site.place.read(".env"), env.replace("MEDIANEST_VERSION=v1.0.0\n", "MEDIANEST_VERSION=v1.1.0\n"));
    assert_ne!(site.place.read(".env"), env);

    assert_eq!(query(site, table), "t");
    assert!(query(site, applied).starts_with(&before) && query(site, applied) != before);
    assert!(remembered(site, "the first film"), "what was stored before is there");
    remember(site, "the second film");
    for path in ["/", "/api/health"] {
        assert_eq!((instances(site, path).len(), get(site.port, path).header("x-medianest-version")), (2, "v1.1.0"));
    }
    assert_eq!(untouched(), stores, "what did not change is not touched");
    let names: Vec<_> = site.identities("backend").into_iter().map(|[name, ..]| name).collect();
    assert_eq!(names, [1, 2].map(|number| format!("/{}", site.name(&format!("backend-{number}")))));
    assert!(site.identities("backend").iter().all(|new| !replaced.contains(new)));
    assert_eq!(site.run(&["status", "--json"]).exits(0).document()["version"], "v1.1.0");
    site.run(&["plan", "--exit-code", "-q"]).exits(0);

    // A migration can be run once more at any time; it finds nothing to do.
    let (now, served) = (query(site, applied), site.identities("backend"));
    site.run(&["migrate"]).exits(0);
    assert_eq!((query(site, applied), site.identities("backend")), (now, served));
}

fn logs(site: &Site) {
    let ran = site.run(&["logs", "backend", "-n", "5"]).exits(0);
    let of = |number: u8| format!("{} |", site.name(&format!("backend-{number}")));
    assert!(ran.out.lines().all(|line| line.starts_with(&of(1)) || line.starts_with(&of(2))), "{}", ran.out);
    assert!(ran.out.lines().filter(|line| line.contains("v1.1.0 listening on")).count() == 2, "{}", ran.out);
    let lines = site.run(&["logs", "--json", "nginx", "--since", "1h"]).exits(0).events();
    assert!(!lines.is_empty(), "nginx has answered requests");
    for line in &lines {
        assert_eq!((&line["event"], &line["container"]), (&"log".into(), &site.name("nginx-1").into()), "{line}");
        assert!(line["line"].is_string() && line["stream"].is_string(), "{line}");
    }
    let ran = site.run(&["logs", "--failed"]).exits(0);
    assert!(ran.out.is_empty() && ran.err.contains("no container has failed"), "{ran:?}");
    let mut followed = Running::start(site.place.command(&["logs", "-f", "--json", "frontend"]));
    let first: Value = serde_json::from_str(&followed.line()).unwrap();
    assert_eq!(first["event"], "log");
    followed.signal(Signal::INT);
    followed.end().exits(130);
}

/// Only the starts differ.
fn restarted(before: &[[String; 3]], after: &[[String; 3]]) -> bool {
    let same = |(a, b): (&[String; 3], &[String; 3])| a[..2] == b[..2] && a[2] != b[2];
    before.len() == after.len() && before.iter().zip(after).all(same)
}

fn stop_start_restart(site: &Site) {
    let (frontend, backend) = (site.identities("frontend"), site.identities("backend"));
    site.run(&["stop", "frontend"]).exits(0);
    let status = site.run(&["status", "--json"]).exits(1).document();
    let of = |name: &str| status["services"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap().clone();
    assert_eq!((&of("frontend")["state"], &of("backend")["state"]), (&"stopped".into(), &"running".into()));
    assert_eq!(of("frontend")["replicas"], serde_json::json!({"desired": 2, "running": 0, "healthy": 0}));
    site.run(&["start"]).exits(0);
    site.run(&["status", "-q"]).exits(0);
    assert!(restarted(&frontend, &site.identities("frontend")));
    assert_eq!(site.identities("backend"), backend);

    site.run(&["restart", "backend"]).exits(0);
    assert!(restarted(&backend, &site.identities("backend")));
    assert_eq!(instances(site, "/api/health").len(), 2);

    let all = everything(site);
    site.run(&["stop"]).exits(0);
    assert!(site.of_role("service").iter().all(|c| c["State"]["Running"] == false));
    site.run(&["start"]).exits(0);
    site.run(&["status", "-q"]).exits(0);
    assert_eq!(all.len(), everything(site).len());
    assert_eq!(instances(site, "/").len(), 2);
}

fn a_container_that_vanished(site: &Site) {
    let before = everything(site);
    let gone = site.name("backend-2");
    site.engine.remove_container(&gone);
    site.run(&["status", "-q"]).exits(1);
    site.run(&["plan", "--exit-code", "-q"]).exits(10);
    site.run(&["deploy"]).exits(0);
    let after = everything(site);
    let changed: Vec<_> = after.iter().filter(|one| !before.contains(one)).map(|[name, ..]| name.clone()).collect();
    assert_eq!((changed, after.len()), (vec![format!("/{gone}").into()], before.len()));
    site.run(&["status", "-q"]).exits(0);
    assert_eq!(instances(site, "/api/health").len(), 2);
}

fn down_and_up_again(site: &Site) {
    let ran = site.run(&["down"]).exits(0);
    let data = ["app_logs", "downloads", "medianestctl", "postgres_data", "redis_data", "uploads"];
    let kept = data.map(|name| format!("{}_{name}", site.place.project));
    // And the container, never started, through which the records are reached.
    let mut left = kept.to_vec();
    left.insert(0, site.name("medianestctl-state"));
    assert_eq!(site.engine.inventory(&site.place.project), left);
    assert!(kept.iter().all(|name| ran.err.contains(name.as_str())), "{}", ran.err);
    assert!(site.run(&["down"]).exits(0).err.contains("nothing to change"));
    site.run(&["deploy"]).exits(0);
    assert!(remembered(site, "the first film") && remembered(site, "the second film"));
    assert_eq!(get(site.port, "/api/health").header("x-medianest-version"), "v1.1.0");
}
