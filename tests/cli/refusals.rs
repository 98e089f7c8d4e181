//! Deploys that a real engine has to be there for, and that come to nothing: each leaves nothing behind.

use std::{collections::BTreeSet, fs, net::TcpListener, os::unix::fs::PermissionsExt as _, process::Command};

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{ByHand, Mute, Ran, Relay, Running, Site, as_nobody};

/// A service that runs until it is stopped, with data.
const KEEPER: &str = "
services:
  keeper:
    image: medianest-demo/redis:7
    command: [sleep, \"600\"]
    init: true
    stop_grace_period: 1s
    volumes: [data:/data]
volumes: {data: {}}
";

#[test]
fn real_a_port_that_is_taken() {
    let site = Site::bundled();
    let _listener = TcpListener::bind(("127.0.0.1", site.port)).unwrap();
    let ran = site.run(&["deploy"]).exits(3).one_error();
    let name = fs::read_to_string("/proc/self/comm").unwrap();
    let holder = format!(
        "port 127.0.0.1:{}/tcp of service `nginx` is held by process {} ({})",
        site.port,
        std::process::id(),
        name.trim()
    );
    assert!(ran.err.contains(&holder) && ran.err.contains("note: nothing was changed"), "{}", ran.err);
    assert_eq!(site.run(&["deploy", "--json"]).exits(3).json_error()["code"], "preflight");
    let document = site.run(&["check", "--json"]).exits(3).document();
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.iter().any(|f| f["code"] == "host.ports" && f["severity"] == "failure"), "{document}");
    site.assert_nothing_there();
}

#[test]
fn real_a_port_that_another_container_has() {
    let other = Site::with_compose(KEEPER);
    let port = format!("services: {{keeper: {{ports: [\"127.0.0.1:{}:80\"]}}}}\n", other.port);
    other.overrides(&port);
    other.run(&["deploy"]).exits(0);
    let site = Site::with_compose(KEEPER);
    site.overrides(&port);
    let ran = site.run(&["deploy"]).exits(3).one_error();
    assert!(ran.err.contains("held by another container"), "{}", ran.err);
    assert!(ran.err.contains(&format!("docker ps --filter publish={}", other.port)), "{}", ran.err);
    site.assert_nothing_there();
}

#[test]
fn real_an_image_whose_registry_is_not_there() {
    let site = Site::with_compose("services: {app: {image: \"127.0.0.1:1/none:1\"}}\n");
    let ran = site.run(&["-q", "deploy"]).exits(3).one_error();
    assert_snapshot!(site.place.plain(&ran.err));
    let error = site.run(&["deploy", "--json"]).exits(3).json_error();
    assert_eq!(error["notes"][0], "nothing was changed");
    site.assert_nothing_there();
}

#[test]
fn real_an_image_whose_registry_never_answers() {
    let (registry, port) = Mute::on_port();
    let site = Site::with_compose(&format!("services: {{app: {{image: \"127.0.0.1:{port}/none:1\"}}}}\n"));
    let ran = site.run(&["-q", "deploy"]).exits(3).one_error();
    assert!(registry.calls() > 0, "the registry was asked");
    assert!(ran.err.contains(&format!("cannot pull image 127.0.0.1:{port}/none:1")), "{}", ran.err);
    assert!(ran.err.contains("note: nothing was changed"), "{}", ran.err);
    site.assert_nothing_there();
}

#[test]
fn real_secrets_that_cannot_be_used() {
    let site = Site::bundled();
    let secret = site.place.directory.join("secrets/jwt_secret");
    let refused = |what: &str| {
        let ran = site.run(&["deploy"]).exits(4).one_error();
        assert!(ran.err.contains(what) && ran.err.contains("note: nothing was changed"), "{}", ran.err);
        assert_eq!(site.run(&["deploy", "--json"]).exits(4).json_error()["code"], "secrets");
        site.assert_nothing_there();
    };
    fs::write(&secret, "").unwrap();
    refused("`jwt_secret` is empty");
    fs::remove_file(&secret).unwrap();
    refused("`jwt_secret` is missing");
    let ran = site.run(&["plan"]).exits(4).one_error();
    assert!(ran.err.contains(" secrets generate"), "{}", ran.err);
    fs::create_dir(&secret).unwrap();
    refused("`jwt_secret` cannot be used");
}

#[test]
fn real_a_secret_that_may_not_be_read() {
    let site = Site::with_compose(
        "services: {app: {image: \"medianest-demo/redis:7\", secrets: [token]}}\nsecrets: {token: {file: ./token}}\n",
    );
    site.place.write("token", "a value that nobody may read");
    fs::set_permissions(site.place.directory.join("token"), fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever has no rights on the file has none on the engine's socket either.
    let relay = Relay::new(site.place.beside("engine.sock"), site.engine.socket());
    let copy = site.place.beside("medianestctl");
    fs::copy(env!("CARGO_BIN_EXE_medianestctl"), &copy).unwrap();
    let mut deploy = Command::new(copy);
    deploy.env_clear().arg("-C").arg(&site.place.directory).arg("-H").arg(format!("unix://{}", relay.socket().display()));
    deploy.arg("deploy");
    as_nobody(&mut deploy);
    let ran = Ran::of(deploy).exits(4).one_error();
    assert!(ran.err.contains("token cannot be read: Permission denied") && !ran.err.contains("a value that"), "{}", ran.err);
    let calls = relay.take();
    assert!(!calls.is_empty() && calls.iter().all(|call| call.starts_with("GET ")), "{calls:?}");
    site.assert_nothing_there();
}

#[test]
fn real_a_service_that_is_not_there() {
    let site = Site::with_compose(KEEPER);
    for command in ["start", "stop", "restart", "logs"] {
        let ran = site.run(&[command, "keeper"]).exits(2).one_error();
        assert!(ran.err.contains("service `keeper` has no containers here"), "{}", ran.err);
        assert!(ran.err.contains(" deploy`"), "{}", ran.err);
    }
    site.run(&["deploy"]).exits(0);
    let before = site.identities("keeper");
    for command in ["start", "stop", "restart", "logs"] {
        let ran = site.run(&[command, "keper"]).exits(2).one_error();
        assert!(ran.err.contains("service `keper` has no containers here"), "{}", ran.err);
        assert!(ran.err.contains("there are containers of: keeper"), "{}", ran.err);
        assert_eq!(site.run(&[command, "keper", "--json"]).exits(2).json_error()["code"], "usage");
    }
    site.run(&["stop", "no such name"]).exits(2).one_error();
    assert_eq!(site.identities("keeper"), before);
}

#[test]
fn real_data_is_not_removed_without_consent() {
    let site = Site::with_compose(KEEPER);
    site.run(&["deploy"]).exits(0);
    let (before, there) = (site.identities("keeper"), site.engine.inventory(&site.place.project));
    assert_eq!(before.len(), 1);
    for args in [&["down", "--volumes"][..], &["down", "--volumes", "--non-interactive"]] {
        let ran = site.run(args).exits(9).one_error();
        assert!(ran.err.contains("say it beforehand with `--yes`"), "{}", ran.err);
        assert!(ran.err.contains("note: nothing was changed"), "{}", ran.err);
    }
    let error = site.run(&["down", "--volumes", "--json"]).exits(9).json_error();
    assert_eq!(error["code"], "confirmation");
    assert_eq!((site.identities("keeper"), site.engine.inventory(&site.place.project)), (before, there));

    site.run(&["down", "--volumes", "--yes"]).exits(0);
    site.assert_nothing_there();
    let ran = site.run(&["down", "--volumes"]).exits(0);
    assert!(ran.err.contains("nothing to change"), "what destroys nothing does not ask: {}", ran.err);
}

#[test]
fn real_what_others_started_in_the_project_goes_down_by_consent() {
    let site = Site::with_compose(KEEPER);
    site.run(&["deploy"]).exits(0);
    let (engine, project) = (&site.engine, site.place.project.clone());
    let network = format!("{project}_default");
    let labels = json!({"com.docker.compose.project": project});
    let debug = ByHand::in_network(engine, &site.name("debug"), &labels, &network);
    let other_labels = json!({"com.docker.compose.project": format!("{project}-other")});
    let other = ByHand::started(engine, &site.name("other-1"), &other_labels);
    let there = site.engine.inventory(&project);
    let ran = site.run(&["down", "--remove-orphans"]).exits(9).one_error();
    assert!(ran.err.contains(&debug.name) && !ran.err.contains(&other.name) && ran.err.contains("--yes"), "{}", ran.err);
    assert_eq!(site.engine.inventory(&project), there);
    assert!(debug.runs());

    let ran = site.run(&["down", "--remove-orphans", "--yes"]).exits(0);
    assert!(ran.err.contains("these volumes are kept"), "{}", ran.err);
    assert!(engine.container(&debug.id).is_null() && other.runs());
    assert!(site.engine.networks(&project).is_empty(), "nobody is in it any more");
    site.run(&["down", "--volumes", "--remove-orphans", "--yes"]).exits(0);
    site.assert_nothing_there();
}

#[test]
fn real_projects_that_start_at_once_find_addresses_of_their_own() {
    let text = "
services: {keeper: {image: \"medianest-demo/redis:7\", command: [sleep, \"600\"], init: true, networks: [own]}}
networks: {own: {x-medianest: {subnet: auto}}}
";
    let sites: Vec<_> = (0..3).map(|_| Site::with_compose(text)).collect();
    let deploys: Vec<_> = sites.iter().map(|site| Running::start(site.place.command(&["deploy"]))).collect();
    for deploy in deploys {
        deploy.end().exits(0);
    }
    let subnet = |site: &Site| {
        let networks = site.engine.networks(&site.place.project);
        networks[0]["IPAM"]["Config"][0]["Subnet"].as_str().unwrap().to_owned()
    };
    assert_eq!(sites.iter().map(subnet).collect::<BTreeSet<_>>().len(), 3);
}

#[test]
fn real_what_somebody_else_made_is_left_alone() {
    let site = Site::with_compose(KEEPER);
    let theirs = Site::with_compose(KEEPER);
    theirs.run(&["deploy"]).exits(0);
    let before = theirs.identities("keeper");
    site.run(&["down", "--volumes", "--yes"]).exits(0);
    let ran = site.run(&["status"]).exits(1);
    assert!(ran.out.contains("not deployed"), "{}", ran.out);
    assert_eq!(theirs.identities("keeper"), before);
}
