//! What a deployed stack shows to whoever may look at the engine: no secret's value, and containers that can do little.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::Site;

#[test]
fn real_a_stack_is_sealed() {
    let site = Site::bundled();
    let deploy = site.run(&["deploy", "-v"]).exits(0);
    site.place.assert_no_secret("what deploy -v says", deploy.all().as_bytes());
    no_value_in_what_the_program_says(&site);
    no_value_in_what_the_engine_shows(&site);
    no_value_in_arguments(&site);
    no_value_in_the_records(&site);
    secrets_are_for_their_services(&site);
    containers_can_do_little(&site);
    networks_are_apart(&site);
}

fn no_value_in_what_the_program_says(site: &Site) {
    let again = ["deploy", "-v"];
    let update = ["plan", "v1.1.0", "-v"];
    let commands: [&[&str]; 8] = [
        &again,
        &update,
        &["deploy", "v1.1.0", "--dry-run", "-v"],
        &["status", "-v"],
        &["config"],
        &["logs", "-n", "10000", "--timestamps"],
        &["check", "-v"],
        &["secrets", "list"],
    ];
    for command in commands {
        let with_json: Vec<_> = command.iter().filter(|arg| **arg != "-v").copied().chain(["--json"]).collect();
        for args in [command, &with_json] {
            let ran = site.run(args).exits(0);
            assert!(!ran.all().is_empty(), "{args:?}");
            site.place.assert_no_secret(&args.join(" "), ran.all().as_bytes());
        }
    }
}

fn no_value_in_what_the_engine_shows(site: &Site) {
    let project = &site.place.project;
    let shown = [
        ("containers", site.containers(), 10),
        ("volumes", site.engine.volumes(project), 13),
        ("networks", site.engine.networks(project), 2),
    ];
    for (what, objects, count) in shown {
        assert!(objects.len() >= count, "{what}");
        for object in objects {
            site.place.assert_no_secret(&format!("docker inspect of {}", object["Name"]), object.to_string().as_bytes());
        }
    }
}

fn no_value_in_arguments(site: &Site) {
    let mut seen = 0;
    for container in site.of_role("service") {
        let name = container["Name"].as_str().unwrap().trim_start_matches('/');
        for process in site.engine.processes(name) {
            // One that has ended has no arguments any more.
            let arguments = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            seen += usize::from(!arguments.is_empty());
            site.place.assert_no_secret(&format!("the arguments of a process of {name}"), &arguments);
        }
    }
    assert!(seen >= 7, "every container has a process: {seen}");
}

/// The state volume holds values where they belong, and nowhere else.
fn no_value_in_the_records(site: &Site) {
    let volume = format!("{}_medianestctl", site.place.project);
    let files = site.engine.archive(&site.name("medianestctl-state"), &format!("/{volume}/"));
    let (secrets, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| path.contains("/secrets/"));
    assert!(others.iter().any(|(path, _)| path.ends_with("releases/000001.json")), "the release's record is kept");
    for (path, content) in &others {
        site.place.assert_no_secret(path, content);
    }
    let kept: BTreeSet<_> = secrets.iter().map(|(_, content)| content.as_slice()).filter(|c| !c.is_empty()).collect();
    assert_eq!(kept.len(), site.place.secrets().len(), "every secret's version is kept");
}

/// Which secrets each service gets, and the user that it runs as.
const GRANTS: [(&str, &str, &[&str]); 5] = [
    ("postgres-1", "70", &["postgres_password"]),
    ("redis-1", "999", &["redis_password"]),
    (
        "backend-1",
        "1001",
        &["database_url", "encryption_key", "jwt_secret", "metrics_token", "plex_client_id", "plex_client_secret", "redis_url"],
    ),
    ("backend-2", "1001", &[]),
    ("frontend-1", "1001", &["nextauth_secret"]),
];

fn secrets_are_for_their_services(site: &Site) {
    for (container, uid, wanted) in GRANTS {
        let name = site.name(container);
        let list = "for f in /run/secrets/*; do stat -c '%u %a %n' \"$f\"; done";
        let (code, output) = site.engine.exec(&name, "", &["sh", "-c", list]);
        assert_eq!(code, 0, "{output}");
        let wanted = if wanted.is_empty() { GRANTS[2].2 } else { wanted };
        let expected: Vec<_> = wanted.iter().map(|secret| format!("{uid} 400 /run/secrets/{secret}")).collect();
        assert_eq!(output.lines().collect::<Vec<_>>(), expected, "{name}");
        for secret in wanted {
            let path = format!("/run/secrets/{secret}");
            let (code, value) = site.engine.exec(&name, "", &["cat", &path]);
            assert!(code == 0 && value.trim() == site.place.read(&format!("secrets/{secret}")).trim(), "{name}: {secret}");
            let (code, output) = site.engine.exec(&name, "4711:4711", &["cat", &path]);
            assert!(code != 0 && output.contains("Permission denied"), "{name}: another user reads {secret}");
        }
    }
}

fn containers_can_do_little(site: &Site) {
    let containers: Vec<_> = [site.of_role("service"), site.of_role("job"), site.of_role("verify")].concat();
    assert_eq!(containers.len(), 9);
    for container in &containers {
        let (name, host) = (&container["Name"], &container["HostConfig"]);
        let user = container["Config"]["User"].as_str().unwrap();
        assert!(!user.is_empty() && !user.starts_with('0') && user != "root", "{name} runs as `{user}`");
        assert_eq!(host["ReadonlyRootfs"], true, "{name}");
        assert_eq!(host["Privileged"], false, "{name}");
        assert_eq!(host["CapDrop"], serde_json::json!(["ALL"]), "{name}");
        assert!(host["CapAdd"].as_array().is_none_or(Vec::is_empty), "{name}: {}", host["CapAdd"]);
        let options = host["SecurityOpt"].as_array().unwrap();
        assert!(options.iter().any(|o| o.as_str().is_some_and(|o| o.starts_with("no-new-privileges"))), "{name}: {options:?}");
        for limit in ["Memory", "NanoCpus", "PidsLimit"] {
            assert!(host[limit].as_i64().is_some_and(|n| n > 0), "{name}: {limit} {}", host[limit]);
        }
        let published = host["PortBindings"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(published, usize::from(*name == format!("/{}", site.name("nginx-1"))), "{name}");
        let sockets = |mount: &Value| mount["Source"].as_str().is_some_and(|s| s.ends_with("docker.sock"));
        assert!(!container["Mounts"].as_array().unwrap().iter().any(sockets), "{name}");
    }
    // What is declared is what is so: the root cannot be written, and nobody has become more than he was.
    let (code, _) = site.engine.exec(&site.name("backend-1"), "", &["sh", "-c", "echo x > /app/written"]);
    assert_ne!(code, 0);
    let (_, status) = site.engine.exec(&site.name("backend-1"), "", &["cat", "/proc/1/status"]);
    for line in ["Uid:\t1001\t1001\t1001\t1001", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"] {
        assert!(status.contains(line), "{line} in {status}");
    }
}

fn networks_are_apart(site: &Site) {
    let internal = format!("{}_internal", site.place.project);
    let public = format!("{}_network", site.place.project);
    let networks = site.engine.networks(&site.place.project);
    let of = |name: &str| networks.iter().find(|n| n["Name"] == name).unwrap_or_else(|| panic!("no network {name}"));
    assert_eq!((&of(&internal)["Internal"], &of(&public)["Internal"]), (&true.into(), &false.into()));
    for container in site.of_role("service") {
        let joined: BTreeSet<_> = container["NetworkSettings"]["Networks"].as_object().unwrap().keys().cloned().collect();
        let wanted: BTreeSet<_> = match container["Config"]["Labels"]["com.docker.compose.service"].as_str().unwrap() {
            "postgres" | "redis" => [internal.clone()].into(),
            "backend" => [internal.clone(), public.clone()].into(),
            _ => [public.clone()].into(),
        };
        assert_eq!(joined, wanted, "{}", container["Name"]);
    }
}
