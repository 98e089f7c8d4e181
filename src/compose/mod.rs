//! The Compose loader: files, variables and profiles in, a typed stack or all that is wrong with it out.
//!
//! One straight line: read ([`Source`]) → parse (`parse`, `scalar`) → replace variables (`interpolate`) → merge
//! (`merge`) → type (`lower`) → select and complete (`resolve`) → check (`validate`). Pure: files and environment come
//! through [`Source`], and the same input gives the same answer. Refuses every key that it does not know or does not
//! support yet, by name: a key that is silently ignored is a deploy that is not what the file says.

mod canonical;
mod diagnostic;
mod document;
mod dotenv;
mod interpolate;
mod keys;
mod lower;
mod merge;
mod parse;
mod paths;
mod resolve;
mod scalar;
mod source;
#[cfg(test)]
mod tests;
mod validate;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ProjectName, Stack};

pub use diagnostic::{Diagnostic, Diagnostics, Place};
pub use source::{MapSource, Source, SourceError};

use diagnostic::Report;
use document::{Node, Value};
use variables::Variables;

/// What is to be loaded.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The project's directory, absolute or relative to the current one: relative paths of the files start here.
    pub directory: String,
    /// The Compose files in the order in which they are merged, never empty; as they were given.
    pub files: Vec<String>,
    /// Environment files for variables; when empty, `.env` of the project's directory if there is one.
    pub env_files: Vec<String>,
    /// The project's name, when it was given.
    pub project_name: Option<String>,
    /// The profiles to activate; when empty, those of `COMPOSE_PROFILES`. `*` is all of them.
    pub profiles: Vec<String>,
    /// Variables that win over the environment and every file.
    pub overrides: BTreeMap<String, String>,
}

/// A project that can be deployed.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The stack.
    pub stack: Stack,
    /// The project in the shape in which `docker compose config --format json` prints it. Values of secrets are not
    /// in it; values of the environment are.
    pub canonical: serde_json::Value,
    /// What is worth a look and no reason to stop, in the order of the files.
    pub warnings: Vec<Diagnostic>,
    /// The variables that the environment files gave.
    pub variables: BTreeMap<String, String>,
}

/// Loads a project. Reports everything that is wrong with it, not only the first mistake.
///
/// A variable's value comes from the first of: `overrides`, the process environment, the environment files (the last
/// one that has it). The project's name comes from the first of: `project_name`, `COMPOSE_PROJECT_NAME`, the top-level
/// `name`, the directory's name.
pub fn load(source: &dyn Source, request: &Request) -> Result<Loaded, Diagnostics> {
    let mut report = Report::default();
    let files = read_files(&mut report, source, request);
    let mut variables = Variables::read(&mut report, source, request);
    if files.len() < request.files.len() || files.is_empty() {
        if files.is_empty() && !report.has_errors() {
            report.error(None, "", "no Compose file was given");
        }
        // Half a project would only produce mistakes that are none.
        return Err(report.into_errors());
    }
    let project = variables.decide_project(&mut report, request, &files);
    let mut warned = BTreeSet::new();
    let mut resolved = files;
    for file in &mut resolved {
        interpolate::interpolate(&mut report, file, &|name| variables.get(name), &mut warned, &variables.where_to_set);
    }
    let Some(root) = merge::merge(&mut report, resolved) else { return Err(report.into_errors()) };
    // With any name the rest can be checked too.
    let Some(project) = project.or_else(|| "project".parse::<ProjectName>().ok()) else { return Err(report.into_errors()) };
    let lowered = lower::lower(&mut report, &root, &project, &request.directory, source.env("HOME"));
    let profiles = if request.profiles.is_empty() { variables.profiles() } else { request.profiles.clone() };
    let resolved = resolve::resolve(&mut report, &root, lowered, &variables, source, &profiles);
    let stack = Stack {
        project,
        version: resolved.lowered.version,
        keep_releases: resolved.lowered.keep_releases,
        autoupdate: resolved.lowered.autoupdate,
        backup: resolved.lowered.backup,
        services: resolved.services,
        networks: resolved.lowered.networks,
        volumes: resolved.lowered.volumes,
        secrets: resolved.lowered.secrets,
        configs: resolved.configs,
        files: request.files.clone(),
        directory: request.directory.clone(),
    };
    validate::validate(&mut report, &root, &stack);
    let warnings = report.finish()?;
    let canonical = canonical::canonical(&stack, &resolved.profiles);
    Ok(Loaded { stack, canonical, warnings, variables: variables.files })
}

/// Reads and parses the Compose files. One that fails is missing from the answer.
fn read_files(report: &mut Report, source: &dyn Source, request: &Request) -> Vec<Node> {
    let mut files = Vec::new();
    for path in &request.files {
        let bytes = match source.read(path) {
            Ok(bytes) => bytes,
            Err(SourceError::NotFound) => {
                report.error_hint(
                    None,
                    "",
                    format!("the Compose file `{path}` does not exist"),
                    "check the path, or pass `--file`",
                );
                continue;
            }
            Err(error) => {
                report.error(None, "", format!("the Compose file `{path}` cannot be read: {error}"));
                continue;
            }
        };
        let Some(root) = parse::parse(report, path, &bytes) else { continue };
        match &root.value {
            Value::Map(map) if !map.entries.is_empty() => files.push(root),
            Value::Map(_) | Value::Null => report.error(Some(root.spot), "", "the Compose file is empty"),
            other => report.error(Some(root.spot), "", format!("expected a map with `services`, found {}", other.describe())),
        }
    }
    files
}
