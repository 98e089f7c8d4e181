//! What holds for any input.

use proptest::prelude::*;
use serde_json::json;

use super::{request, source};
use crate::compose::{MapSource, load};

/// Pieces of Compose files: put together at random they get further into the loader than random bytes do.
const PIECES: &[&str] = &[
    "services:",
    "\n",
    "\n  ",
    "\n    ",
    " a:",
    " b: ",
    "image: x",
    "ports:",
    "- ",
    "80:80",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "volumes: ",
    "data",
    ":/d",
    "\"",
    "'",
    "&x ",
    "*x",
    "<<: ",
    "${",
    "}",
    "$$",
    "$V",
    ":-",
    "${V:?}",
    "!reset ",
    "!override ",
    "null",
    "~",
    "networks: ",
    "default",
    "depends_on: ",
    "deploy: ",
    "replicas: ",
    "2",
    "0x",
    "1e9",
    "-1",
    "healthcheck: ",
    "test: ",
    "CMD",
    "secrets: ",
    "configs: ",
    "file: ",
    "content: ",
    "x-medianest: ",
    "ingress: ",
    "routes: ",
    "environment: ",
    "A=1",
    "env_file: ",
    ".env",
    "labels: ",
    "\t",
    "\r\n",
    "#",
    "é",
    "\u{feff}",
    "---",
    "...",
    "|",
    ">",
    "command: ",
    "tmpfs: ",
    "/run",
    "ulimits: ",
    "extra_hosts: ",
    "h:1.2.3.4",
    "profiles: ",
    "name: ",
    "cpus: ",
    "0.5",
    "mem_limit: ",
    "1g",
    "5s",
];

/// Keys whose texts have a grammar of their own.
const KEYS: &[&str] = &[
    "ports",
    "volumes",
    "command",
    "environment",
    "image",
    "cpus",
    "mem_limit",
    "stop_grace_period",
    "extra_hosts",
    "expose",
    "tmpfs",
    "user",
    "restart",
    "container_name",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_loader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let files = MapSource::default().file("compose.yaml", bytes.clone()).file("/srv/app/.env", bytes);
        let _ = load(&files, &request());
    }

    #[test]
    fn no_file_makes_the_loader_panic(text in pieces(), other in pieces(), variables in pieces()) {
        let files = source(&text).file("other.yaml", other).file("/srv/app/.env", variables);
        let mut request = request();
        request.files.push("other.yaml".into());
        if let Err(errors) = load(&files, &request) {
            prop_assert!(!errors.0.is_empty());
            prop_assert!(errors.0.iter().all(|e| e.place.as_ref().is_none_or(|p| p.line > 0 && p.column > 0)));
        }
    }

    #[test]
    fn no_value_of_a_key_makes_the_loader_panic(key in prop::sample::select(KEYS), value in ".{0,40}") {
        let text = json!({"services": {"a": {"image": "x", key: value}, "b": {"image": "x", key: [value]}}});
        let _ = load(&source(&text.to_string()), &request());
    }

    #[test]
    fn text_without_a_dollar_sign_stays_as_it_is(text in "[^$]*") {
        let mut variables = crate::compose::interpolate::Interpolator::new(&|_| Some("value".into()));
        prop_assert_eq!(variables.substitute(&text), Ok(text));
    }

    #[test]
    fn doubled_dollar_signs_give_the_text_itself(text in any::<String>()) {
        let mut variables = crate::compose::interpolate::Interpolator::new(&|_| Some("value".into()));
        prop_assert_eq!(variables.substitute(&text.replace('$', "$$")), Ok(text));
    }

    #[test]
    fn an_environment_value_arrives_as_it_was_written(value in "[^\u{0}-\u{1f}\u{7f}-\u{9f}]*") {
        let text = json!({"services": {"a": {"image": "x", "environment": {"V": value.replace('$', "$$")}}}});
        let loaded = load(&source(&text.to_string()), &request()).unwrap();
        prop_assert_eq!(loaded.stack.services["a"].environment["V"].as_deref(), Some(value.as_str()));
    }

    #[test]
    fn single_quotes_of_an_environment_file_keep_everything(value in "[^'\\\\\r\0]*") {
        let files = source("services: {a: {image: x}}").file("/srv/app/.env", format!("V='{value}'\n"));
        let loaded = load(&files, &request()).unwrap();
        prop_assert_eq!(loaded.variables.get("V").map(String::as_str), Some(value.as_str()));
    }

    #[test]
    fn the_same_input_gives_the_same_answer(text in pieces()) {
        let answer = || load(&source(&text), &request()).map(|l| (l.canonical, l.warnings)).map_err(|e| e.0);
        prop_assert_eq!(answer(), answer());
    }
}
