//! Tests of the loader as a whole, by what it is asked: what keys become, what is refused and where, how variables,
//! files and profiles come together, and what must hold for any input.

mod golden;
mod keys;
mod mistakes;
mod project;
mod properties;
mod stack;

use super::{Diagnostics, Loaded, MapSource, Request, load};
use crate::model::Service;

/// A request for `compose.yaml` in `/srv/app`.
fn request() -> Request {
    Request { directory: "/srv/app".into(), files: vec!["compose.yaml".into()], ..Request::default() }
}

/// A source with this `compose.yaml`.
fn source(text: &str) -> MapSource {
    MapSource::default().file("compose.yaml", text)
}

fn load_text(text: &str) -> Result<Loaded, Diagnostics> {
    load(&source(text), &request())
}

fn loaded(text: &str) -> Loaded {
    load_text(text).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// The service `a` of a file in which it has an image and these keys, beside a service `b`, a volume `data`, a network
/// `n`, a secret `s` and a config `c`.
fn service(keys: &str) -> Service {
    loaded(&around(keys)).stack.services["a"].clone()
}

fn around(keys: &str) -> String {
    format!(
        "services:\n  a: {{image: x, {keys}}}\n  b: {{image: y}}\nvolumes: {{data: }}\nnetworks: {{n: }}\n\
         secrets: {{s: {{file: ./s.txt}}}}\nconfigs: {{c: {{content: text}}}}\n"
    )
}

/// What is wrong with a file, each as one line.
fn mistakes(text: &str) -> Vec<String> {
    match load_text(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.0.iter().map(ToString::to_string).collect(),
    }
}

/// What is worth a warning in a file, each as one line.
fn warnings(text: &str) -> Vec<String> {
    loaded(text).warnings.iter().map(ToString::to_string).collect()
}
