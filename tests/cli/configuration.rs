//! Compose files and environment files that cannot be used, and those that can.

use insta::assert_snapshot;
use medianestctl::model::ProjectName;
use serde_json::Value;

use crate::support::{Mute, Place};

/// Deploys where something is wrong with the files; returns what is said, after nobody has been asked for anything.
#[track_caller]
fn refused(place: Place) -> String {
    let mute = Mute::at(place.beside("mute.sock"));
    let place = place.at(mute.socket());
    let error = place.run(&["deploy", "--json"]).exits(4).json_error();
    assert_eq!((&error["code"], &error["notes"][0]), (&"configuration".into(), &"nothing was changed".into()), "{error}");
    for command in ["plan", "config"] {
        place.run(&[command]).exits(4).one_error();
    }
    let ran = place.run(&["deploy"]).exits(4).one_error();
    assert_eq!(mute.calls(), 0, "the engine was asked");
    place.plain(&ran.err)
}

fn overridden(text: &str) -> Place {
    let place = Place::bundled();
    place.write("compose.override.yaml", text);
    place
}

#[test]
fn a_missing_environment_file() {
    let place = Place::bundled();
    std::fs::remove_file(place.directory.join(".env")).unwrap();
    assert_snapshot!(refused(place));
}

#[test]
fn a_malformed_environment_file_is_not_quoted() {
    let place = Place::bundled();
    place.append(".env", "PASS WORD=hunter2\nAPI_KEY=\"hunter2 without end\n");
    let said = refused(place);
    assert!(!said.contains("hunter2"), "{said}");
    assert_snapshot!(said);
}

#[test]
fn a_named_environment_file_must_be_there() {
    let place = Place::bundled();
    let ran = place.run(&["--env-file", "other.env", "deploy"]).exits(4).one_error();
    assert!(ran.err.contains("other.env` does not exist"), "{}", ran.err);
}

#[test]
fn a_required_variable_that_is_not_defined() {
    assert_snapshot!(refused(Place::with_compose(
        "services:\n  app:\n    image: example.org/app:${APP_VERSION:?say which version to run}\n"
    )));
}

#[test]
fn an_unknown_key_and_what_was_probably_meant() {
    assert_snapshot!(refused(overridden("services:\n  backend:\n    enviroment: {LOG_LEVEL: debug}\n")));
}

#[test]
fn a_key_that_is_not_supported_yet() {
    let said = refused(overridden("services:\n  backend:\n    build: .\n"));
    assert!(said.contains("`build` is not supported yet"), "{said}");
}

#[test]
fn a_value_of_the_wrong_type() {
    assert_snapshot!(refused(overridden("services:\n  backend:\n    deploy: {replicas: many}\n")));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    assert_snapshot!(refused(overridden(
        "services:\n  backend:\n    deploy: {replicas: many}\n    stop_grace_period: [1]\n  frontend:\n    imgae: x\n    ports: [\"99999:80\"]\n"
    )));
}

#[test]
fn services_that_wait_for_each_other() {
    assert_snapshot!(refused(overridden("services:\n  postgres:\n    depends_on: [backend]\n")));
}

#[test]
fn text_that_is_no_yaml() {
    let place = Place::with_compose("services:\n  app: {image: \"x\n");
    let ran = place.run(&["deploy"]).exits(4);
    assert!(ran.err.starts_with("error: invalid YAML: ") && ran.err.contains("compose.yaml:2:16\n"), "{}", ran.err);
}

#[test]
fn a_config_file_that_is_not_there() {
    let place = Place::bundled();
    std::fs::remove_file(place.directory.join("nginx/site.conf")).unwrap();
    let said = refused(place);
    assert!(said.contains("nginx/site.conf"), "{said}");
}

#[test]
fn a_version_has_the_shape_of_a_tag() {
    let place = Place::bundled();
    let mute = Mute::at(place.beside("mute.sock"));
    let place = place.at(mute.socket());
    for version in ["", "v1 0", "../v1", "-v1", "v1.0.0@sha256", "v1/0", &"v".repeat(129)] {
        for command in ["deploy", "plan"] {
            // After `--`, so that one which begins with a dash is a version too.
            let ran = place.run(&[command, "--", version]).exits(2);
            assert!(ran.out.is_empty() && ran.err.starts_with("error: ") && ran.err.contains("a version is"), "{}", ran.err);
        }
        let error = place.run(&["--json", "deploy", "--", version]).exits(2).json_error();
        assert_eq!(error["code"], "usage", "{error}");
    }
    assert_eq!(mute.calls(), 0);
}

#[test]
fn a_version_that_the_files_do_not_follow_is_refused() {
    let place = Place::with_compose("services: {app: {image: \"example.org/app:1\"}}\n");
    let mute = Mute::at(place.beside("mute.sock"));
    let ran = place.at(mute.socket()).run(&["deploy", "v2.0.0"]).exits(2).one_error();
    assert!(ran.err.contains("do not follow MEDIANEST_VERSION") && mute.calls() == 0, "{}", ran.err);
}

/// The project out of these files.
fn config(place: &Place, files: &[&str]) -> Value {
    let mut args: Vec<&str> = files.iter().flat_map(|file| ["-f", *file]).collect();
    args.extend(["config", "--format", "json"]);
    let ran = place.run(&args).exits(0);
    assert_eq!(ran.err, "", "{files:?}");
    ran.document()
}

#[test]
fn the_bundled_stack_and_what_can_be_merged_over_it() {
    let place = Place::bundled();
    let alone = config(&place, &["compose.yaml"]);
    assert_eq!(alone["services"].as_object().unwrap().len(), 6);
    assert_eq!(alone["services"]["backend"]["deploy"]["replicas"], 2);

    let development = config(&place, &["compose.yaml", "compose.dev.yaml"]);
    // One is what is meant where nothing is said.
    assert_eq!(development["services"]["backend"]["deploy"]["replicas"].as_u64().unwrap_or(1), 1);
    let published = |document: &Value, service: &str| -> Vec<String> {
        let ports = document["services"][service]["ports"].as_array().cloned().unwrap_or_default();
        ports.iter().map(|p| p["published"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(published(&development, "backend"), ["4000", "9229"]);
    assert_eq!(published(&development, "frontend"), ["3000"]);

    let tls = config(&place, &["compose.yaml", "compose.tls.yaml"]);
    assert_eq!(published(&tls, "nginx"), ["80", "443"]);
    assert!(tls["secrets"]["tls_key"].is_object(), "{tls}");
    let all = config(&place, &["compose.yaml", "compose.dev.yaml", "compose.tls.yaml", "compose.override.yaml"]);
    assert_eq!(all["name"], place.project);
}

#[test]
fn config_in_its_notations() {
    let place = Place::bundled();
    let yaml = place.run(&["config"]).exits(0).out;
    let json = place.run(&["config", "--format", "json"]).exits(0).document();
    assert_eq!(serde_yaml::from_str::<Value>(&yaml).unwrap(), json);
    assert_eq!(place.run(&["config", "--json"]).exits(0).document(), json);

    let lines = |args: &[&str]| place.run(args).exits(0).out.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&["config", "--services"]), ["backend", "frontend", "migrate", "nginx", "postgres", "redis"]);
    assert_eq!(
        lines(&["config", "--images"]),
        ["medianest/backend:v1.0.0", "medianest/frontend:v1.0.0", "nginx:alpine", "postgres:15-alpine", "redis:7-alpine"]
    );
}

#[test]
fn every_image_and_the_port_follow_their_variables() {
    let place = Place::bundled();
    let variables = [
        ("BACKEND_IMAGE", "r.example/backend"),
        ("FRONTEND_IMAGE", "r.example/frontend"),
        ("POSTGRES_IMAGE", "r.example/postgres:1"),
        ("REDIS_IMAGE", "r.example/redis:1"),
        ("NGINX_IMAGE", "r.example/nginx:1"),
        ("HTTP_PORT", "8088"),
        ("MEDIANEST_BIND", "127.0.0.7"),
        ("BACKEND_MEMORY", "333M"),
        ("BACKEND_REPLICAS", "5"),
    ];
    place.append(".env", &variables.map(|(name, value)| format!("{name}={value}\n")).concat());
    let images = place.run(&["config", "--images"]).exits(0).out;
    assert_eq!(images.lines().filter(|image| image.starts_with("r.example/")).count(), 5, "{images}");
    let document = place.run(&["config", "--json"]).exits(0).document();
    let port = &document["services"]["nginx"]["ports"][0];
    assert_eq!((&port["published"], &port["host_ip"]), (&"8088".into(), &"127.0.0.7".into()));
    let backend = &document["services"]["backend"]["deploy"];
    assert_eq!((&backend["replicas"], &backend["resources"]["limits"]["memory"]), (&5.into(), &"349175808".into()));
    assert!(document["name"].as_str().unwrap().parse::<ProjectName>().is_ok());
}
