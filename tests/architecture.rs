//! Holds the crate to the layer table of `src/lib.rs`, by reading its sources.
//!
//! What is read are paths as they stand in the text (`crate::…`, `super::…`), comments, strings and tests left out; names
//! that a module re-exports from a child count as the child's. A macro could hide a path from this, and none does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "architecture/reader.rs"]
mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use reader::{Module, read_crate, read_module};

/// The layer of each module, the longest prefix counting.
const LAYERS: [(&str, u8); 35] = [
    ("model", 0),
    ("event", 0),
    ("compose", 1),
    ("plan", 1),
    ("drift", 1),
    ("status", 1),
    ("ingress::render", 1),
    ("ingress::trial", 1),
    ("secret", 1),
    ("backup::digest", 1),
    ("backup::set", 1),
    ("backup::signature", 1),
    ("backup::manifest", 1),
    ("backup::index", 1),
    ("backup::retention", 1),
    ("backup::plan", 1),
    ("backup::restore::id", 1),
    ("backup::restore::plan", 1),
    ("backup::restore::record", 1),
    ("backup::sample", 1),
    ("engine", 2),
    ("registry", 2),
    ("state", 2),
    ("secret::store", 2),
    ("backup::keys", 2),
    ("backup::pipeline", 2),
    ("backup::source", 2),
    ("backup::sink", 2),
    ("backup", 3),
    ("execute", 3),
    ("ingress", 3),
    ("ingress::switch", 3),
    ("preflight", 3),
    ("ui", 4),
    ("cli", 5),
];

/// Words that a pure module has no use for: the runtime, the file system, the environment, clocks, the engine's client.
const IMPURE: [&str; 12] = [
    "tokio",
    "bollard",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "getrandom",
    "rustix",
];

const PRINTING: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];

fn layer(path: &str) -> Option<u8> {
    let covers = |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    LAYERS.iter().filter(|(prefix, _)| covers(prefix)).max_by_key(|(prefix, _)| prefix.len()).map(|(_, layer)| *layer)
}

/// What breaks the rules, one line each.
fn problems(modules: &[Module]) -> Vec<String> {
    let mut found = Vec::new();
    let re_exports: BTreeMap<&str, &str> =
        modules.iter().flat_map(|m| &m.re_exports).map(|(name, path)| (name.as_str(), path.as_str())).collect();
    for module in modules.iter().filter(|m| !m.path.is_empty()) {
        let Some(own) = layer(&module.path) else {
            found.push(format!("{}: no layer is given for this module", module.file));
            continue;
        };
        for used in &module.uses {
            // A name that is re-exported lives where it is defined.
            let name = used.match_indices("::").nth(1).map_or(used.as_str(), |(end, _)| &used[..end]);
            let target = re_exports.get(used.as_str()).or_else(|| re_exports.get(name)).copied().unwrap_or(used);
            let into_child = module.is_parent && target.starts_with(&format!("{}::", module.path));
            match layer(target) {
                Some(theirs) if theirs > own && !into_child => {
                    found.push(format!("{}: layer {own} uses `{target}` of layer {theirs}", module.file));
                }
                _ => {}
            }
        }
        if own <= 1 {
            let words = IMPURE.iter().filter(|word| module.mentions(word));
            found.extend(words.map(|word| format!("{}: a pure module mentions `{word}`", module.file)));
        }
        if module.mentions("bollard") && !module.path.starts_with("engine::docker") && module.path != "engine::connect" {
            found.push(format!("{}: only engine::docker knows bollard", module.file));
        }
        let sdk = ["aws_sdk_s3", "aws_smithy_http_client"].into_iter().any(|word| module.mentions(word));
        if sdk && !module.path.starts_with("backup::sink::s3") {
            found.push(format!("{}: only backup::sink::s3 knows the AWS SDK", module.file));
        }
        if own < 4 {
            let words = PRINTING.iter().filter(|word| module.mentions(word));
            found.extend(words.map(|word| format!("{}: `{word}` below ui", module.file)));
        }
    }
    found.extend(circles(modules));
    found
}

/// Modules of one layer may use each other, but not in a circle.
fn circles(modules: &[Module]) -> Vec<String> {
    let unit = |path: &str| {
        let split =
            ["ingress::render", "ingress::trial", "ingress::switch", "secret::store"].into_iter().find(|p| path.starts_with(p));
        split.unwrap_or_else(|| path.split("::").next().unwrap_or_default()).to_owned()
    };
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in modules.iter().filter(|m| !m.path.is_empty()) {
        let own = unit(&module.path);
        let used = module.uses.iter().map(|u| unit(u)).filter(|u| layer(u).is_some());
        // A parent's re-exports and its children's use of it are one module to the rest.
        let used = used.filter(|u| u.split("::").next() != own.split("::").next());
        edges.entry(own.clone()).or_default().extend(used);
    }
    let reaches = |from: &str, to: &str| {
        let (mut open, mut seen) = (vec![from.to_owned()], BTreeSet::new());
        while let Some(next) = open.pop() {
            for used in edges.get(&next).into_iter().flatten() {
                if used == to {
                    return true;
                }
                if seen.insert(used.clone()) {
                    open.push(used.clone());
                }
            }
        }
        false
    };
    edges.keys().filter(|unit| reaches(unit, unit)).map(|unit| format!("{unit} uses itself in a circle")).collect()
}

#[test]
fn the_crate_keeps_to_its_layers() {
    let modules = read_crate(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(modules.len() > 50, "the sources were found");
    let found = problems(&modules);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_table_is_the_one_that_the_crate_shows() {
    let shown = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for (module, layer) in LAYERS {
        // `secret::store` stands apart from `secret`, which is pure but for it; `ingress` is what its parts are.
        if module != "ingress" {
            let row = shown
                .lines()
                .find(|line| line.starts_with(&format!("//! | {layer} ")) || line.starts_with(&format!("//! | {layer} |")));
            let row = row.unwrap_or_else(|| panic!("the table has a row for layer {layer}"));
            assert!(row.contains(&format!("`{module}`")), "`{module}` stands in layer {layer}: {row}");
        }
    }
}

/// What is wrong with modules given as path and text.
fn found(sources: &[(&str, &str)]) -> String {
    let modules: Vec<_> = sources.iter().map(|(file, text)| read_module(file, text)).collect();
    problems(&modules).join("; ")
}

#[test]
fn a_use_of_a_higher_layer_is_found_however_it_is_written() {
    for text in [
        "use crate::engine::Engine;",
        "use crate::{model::Stack, engine::{self, Engine}};",
        "use crate::model::Stack;\nfn f() { crate::engine::connect(); }",
        "use super::super::engine;",
        "use super::super::{model, engine::Engine};",
        "pub(super) fn f(engine: &dyn super::super::engine::Engine) {}",
    ] {
        let problem = found(&[("plan/deploy.rs", text)]);
        assert!(problem.starts_with("plan/deploy.rs: layer 1 uses `engine"), "{text}: {problem}");
    }
}

#[test]
fn what_is_not_code_does_not_count() {
    let text = r##"
        //! As `crate::engine::Engine` does with tokio.
        /* println!("crate::cli") */
        /// See [`crate::ui`].
        fn f() -> &'static str { let _ = '"'; r#"use crate::engine; "bollard""# }
        fn g<'a>(x: &'a str) { let _ = "tokio \" crate::cli::x"; }

        #[cfg(test)]
        mod tests {
            use crate::engine::Engine;
            fn f() { println!("{}", '}'); }
        }
        #[cfg(test)]
        use crate::cli::run;
    "##;
    assert_eq!(found(&[("plan/step.rs", text)]), "");
    let after = format!("{text}\nuse crate::ui::Ui;");
    assert_eq!(
        found(&[("plan/step.rs", &after)]),
        "plan/step.rs: layer 1 uses `ui::Ui` of layer 4",
        "what comes after tests counts"
    );
}

#[test]
fn impure_words_are_found_in_pure_modules_only() {
    assert_eq!(found(&[("plan/a.rs", "fn f() { let _ = chrono::Utc::now(); }")]), "plan/a.rs: a pure module mentions `Utc::now`");
    assert_eq!(found(&[("status.rs", "use std::fs;")]), "status.rs: a pure module mentions `std::fs`");
    assert_eq!(found(&[("status.rs", "use std::{collections::BTreeMap, fs};")]), "status.rs: a pure module mentions `std::fs`");
    assert_eq!(found(&[("ingress/render.rs", "use tokio::time;")]), "ingress/render.rs: a pure module mentions `tokio`");
    assert_eq!(found(&[("secret/store.rs", "use std::fs;"), ("execute/run.rs", "use tokio::time;")]), "");
    assert_eq!(found(&[("plan/a.rs", "let tokio_like = my_tokio;")]), "", "only whole words count");
}

#[test]
fn bollard_has_one_home() {
    assert_eq!(found(&[("engine/docker/mod.rs", "use bollard::Docker;"), ("engine/connect.rs", "use bollard::Docker;")]), "");
    assert_eq!(found(&[("engine/observe.rs", "use bollard::Docker;")]), "engine/observe.rs: only engine::docker knows bollard");
}

#[test]
fn the_aws_sdk_has_one_home() {
    assert_eq!(found(&[("backup/sink/s3/store.rs", "use aws_sdk_s3::Client;")]), "");
    let elsewhere = found(&[("backup/sink/error.rs", "use aws_sdk_s3::error::SdkError;")]);
    assert_eq!(elsewhere, "backup/sink/error.rs: only backup::sink::s3 knows the AWS SDK");
}

#[test]
fn printing_is_for_the_top() {
    assert_eq!(found(&[("execute/run.rs", "fn f() { eprintln!(\"x\"); }")]), "execute/run.rs: `eprintln!` below ui");
    assert_eq!(found(&[("ui/mod.rs", "fn f() { println!(\"x\"); }")]), "");
    assert_eq!(found(&[("ui/mod.rs", "fn f() {}"), ("state/mod.rs", "fn sprint() { self.print(); }")]), "");
}

#[test]
fn a_re_export_does_not_hide_where_a_name_lives() {
    let parent = ("secret/mod.rs", "mod store;\npub use store::{SecretDir, read_file};\npub use value::Secret;");
    assert_eq!(found(&[parent]), "", "a parent may name its children");
    let user = ("compose/mod.rs", "use crate::secret::{Secret, read_file};");
    assert_eq!(found(&[parent, user]), "compose/mod.rs: layer 1 uses `secret::store` of layer 2");
}

#[test]
fn circles_and_unknown_modules_are_found() {
    let circle = [("engine/mod.rs", "use crate::state::Store;"), ("state/mod.rs", "use crate::engine::Engine;")];
    assert_eq!(found(&circle), "engine uses itself in a circle; state uses itself in a circle");
    assert_eq!(found(&[("nowhere/mod.rs", "")]), "nowhere/mod.rs: no layer is given for this module");
}
