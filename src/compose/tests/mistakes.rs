//! What is refused, with its exact place, path, words and hint.

mod keys;
mod values;

use super::{around, mistakes, warnings};

/// Checks that a service with these keys has this one mistake; its place is found by the text that it begins at.
fn refused(keys: &str, at: &str, message: &str) {
    let text = around(keys);
    let line = text.lines().position(|line| line.contains(keys)).unwrap();
    let start = text.lines().nth(line).unwrap().find(keys).unwrap();
    let column = start + keys.find(at).unwrap() + 1;
    assert_eq!(mistakes(&text), [format!("compose.yaml:{}:{column}: services.a.{message}", line + 1)], "{keys}");
}

#[test]
fn all_mistakes_are_reported_in_the_order_of_the_file() {
    let text =
        "services:\n  a:\n    image: X\n    scale: two\n    ports: [a]\n    frob: 1\n  b:\n    imgae: y\n    depends_on: [c]\n";
    let places: Vec<String> = mistakes(text).iter().map(|m| m.split(": ").take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        places,
        [
            "compose.yaml:3:12 services.a.image",
            "compose.yaml:4:12 services.a.scale",
            "compose.yaml:5:13 services.a.ports[0]",
            "compose.yaml:6:5 services.a.frob",
            "compose.yaml:8:5 services.b",
            "compose.yaml:8:5 services.b.imgae",
            "compose.yaml:9:18 services.b.depends_on[0]",
        ]
    );
}

#[test]
fn a_mistake_shows_its_line() {
    let errors = super::load_text("services:\n  a:\n    image: x\n    scale: two  # soon\n").unwrap_err();
    assert_eq!(errors.0[0].snippet.as_deref(), Some("    scale: two  # soon"));
}

#[test]
fn what_is_only_a_warning() {
    assert_eq!(
        warnings("version: '3.8'\nservices: {a: {image: x}}\n"),
        ["compose.yaml:1:10: version: `version` is obsolete and has no effect (hint: remove the key)"]
    );
    assert_eq!(
        warnings("services: {a: {image: x, init: yes}}\n"),
        ["compose.yaml:1:32: services.a.init: `yes` is no truth value of YAML 1.2, it is read as `true` (hint: write \
             `true` or `false`)"]
    );
    assert_eq!(
        warnings(
            "services: {a: {image: x, deploy: {update_config: {parallelism: 1, delay: 5s, order: start-first, failure_action: \
             pause}}}}\n"
        ),
        ["compose.yaml:1:114: services.a.deploy.update_config.failure_action: an update that fails is always rolled back \
             (hint: write `failure_action: rollback`)"]
    );
    assert_eq!(
        warnings("services: {a: {image: x, depends_on: {z: {condition: service_started, required: false}}}}\n"),
        ["compose.yaml:1:42: services.a.depends_on.z: the service `z` is not declared, nothing waits for it"]
    );
}
