//! The bundled stack means to Docker Compose what it means here.
//!
//! Gets Docker Compose v2 by `tests/peer.sh`; where it should be had and is not, these tests fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{path::Path, process::Command};

use serde_json::Value;

/// What Docker Compose alone says (defaults that change nothing), what we alone say, and contents that we inline.
const EXPLAINED: [&str; 6] = ["placement", "x-medianest", "x-hardened", "x-backend", "content", "file"];

fn bundled(overlays: &[&str]) -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("compose");
    let files = ["compose.yaml"].iter().chain(overlays);
    files.flat_map(|file| ["-f".to_owned(), directory.join(file).to_string_lossy().into_owned()]).collect()
}

/// Runs a command that prints JSON, without the variables of whoever runs the tests.
fn json(command: &mut Command) -> Value {
    let path = std::env::var_os("PATH").unwrap();
    let config = peer_config();
    command.env_clear().env("PATH", path).env("MEDIANEST_VERSION", "v1.0.0").env("DOCKER_CONFIG", config);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn peer_config() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer.sh");
    let output = Command::new(script).output().unwrap();
    assert!(output.status.success(), "docker compose cannot be had: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn theirs(overlays: &[&str]) -> Value {
    let mut command = Command::new("docker");
    command.arg("compose").args(bundled(overlays)).args(["config", "--format", "json"]);
    json(&mut command)
}

fn ours(overlays: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_medianestctl"));
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("compose");
    command.arg("-C").arg(directory).args(bundled(overlays)).args(["config", "--format", "json"]);
    json(&mut command)
}

/// Every difference but the explained ones, as `path: theirs / ours`.
fn differences(path: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys.into_iter().filter(|key| !EXPLAINED.contains(&key.as_str())) {
                // What is Compose's default for a service of one replica without a restart policy may be left out.
                let default = matches!((key.as_str(), a.get(key)), ("restart", Some(v)) if v == "no")
                    || matches!((key.as_str(), a.get(key)), ("replicas", Some(v)) if v == 1);
                if default && b.get(key).is_none() {
                    continue;
                }
                let none = Value::Null;
                differences(&format!("{path}.{key}"), a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{index}]"), a, b, found);
            }
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
        (a, b) if a == b => {}
        // Docker Compose would have the engine make a directory where a bind mount has nothing to mount.
        (_, Value::Bool(false)) if path.ends_with(".bind.create_host_path") => {}
        (a, b) => found.push(format!("{path}: {a} / {b}")),
    }
}

fn assert_alike(overlays: &[&str]) {
    let mut found = Vec::new();
    differences("", &theirs(overlays), &ours(overlays), &mut found);
    assert!(found.is_empty(), "theirs / ours:\n{}", found.join("\n"));
}

#[test]
fn the_bundled_stack_means_the_same_to_docker_compose() {
    assert_alike(&[]);
}

#[test]
fn the_tls_override_means_the_same_to_docker_compose() {
    assert_alike(&["compose.tls.yaml"]);
}

#[test]
fn the_development_override_means_the_same_to_docker_compose() {
    assert_alike(&["compose.dev.yaml"]);
}
