//! Where variables come from, and in which order: overrides of the request, the process, environment files; and the
//! project's name, which is itself a variable (Compose specification, "Interpolation" and "Name top-level element").
//!
//! Refuses to keep the process environment: it is asked name by name.

use std::collections::BTreeMap;

use super::diagnostic::Report;
use super::document::{Node, Value};
use super::interpolate::Interpolator;
use super::source::{Source, SourceError};
use super::{Request, dotenv, paths};
use crate::model::ProjectName;

/// The variable that holds the project's name.
const PROJECT_NAME: &str = "COMPOSE_PROJECT_NAME";
/// The variable that holds the active profiles, separated by commas.
const PROFILES: &str = "COMPOSE_PROFILES";

/// The variables of a project.
pub(super) struct Variables<'a> {
    source: &'a dyn Source,
    overrides: &'a BTreeMap<String, String>,
    /// What the environment files gave.
    pub(super) files: BTreeMap<String, String>,
    /// Where one that is missing belongs, in words that follow `set it`.
    pub(super) where_to_set: String,
    /// The project's name, once it is known.
    project: Option<String>,
}

impl<'a> Variables<'a> {
    /// Reads the environment files of the request, else `.env` of the project's directory if there is one.
    pub(super) fn read(report: &mut Report, source: &'a dyn Source, request: &'a Request) -> Self {
        let mut variables = Self {
            source,
            overrides: &request.overrides,
            files: BTreeMap::new(),
            where_to_set: "in the environment or in the `.env` file".into(),
            project: None,
        };
        let default = paths::join(&request.directory, ".env");
        if !request.env_files.is_empty() {
            for path in &request.env_files {
                variables.read_file(report, path);
            }
        } else if source.exists(&default) {
            variables.read_file(report, &default);
        } else {
            variables.where_to_set =
                format!("in the environment or in `{default}`, which does not exist yet: `medianestctl init` makes it");
        }
        variables
    }

    fn read_file(&mut self, report: &mut Report, path: &str) {
        match self.source.read(path) {
            Ok(bytes) => {
                let outer = |name: &str| self.overrides.get(name).cloned().or_else(|| self.source.env(name));
                dotenv::parse(report, path, &bytes, &outer, &mut self.files);
            }
            Err(SourceError::NotFound) => {
                report.error_hint(None, "", format!("the environment file `{path}` does not exist"), "check the path");
            }
            Err(error) => report.error(None, "", format!("the environment file `{path}` cannot be read: {error}")),
        }
    }

    /// The value of a variable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        if let Some(value) = self.overrides.get(name) {
            return Some(value.clone());
        }
        if name == PROJECT_NAME && self.project.is_some() {
            return self.project.clone();
        }
        self.source.env(name).or_else(|| self.files.get(name).cloned())
    }

    /// The profiles that the environment activates.
    pub(super) fn profiles(&self) -> Vec<String> {
        let list = self.get(PROFILES).unwrap_or_default();
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// Decides the project's name, which is a variable from then on: the request, the environment, the last file that
    /// has `name`, the directory.
    pub(super) fn decide_project(&mut self, report: &mut Report, request: &Request, files: &[Node]) -> Option<ProjectName> {
        let given = request.project_name.clone().map(|name| (name, "the project name that was given"));
        let from_env =
            || self.get(PROJECT_NAME).filter(|n| !n.is_empty()).map(|name| (name, "the variable `COMPOSE_PROJECT_NAME`"));
        let in_file = || {
            let entry = files.iter().rev().find_map(|file| file.as_map()?.get("name"))?;
            let Value::String(text) = &entry.value.value else { return None };
            // An error shows up when the whole file is interpolated.
            let name = Interpolator::new(&|name| self.get(name)).substitute(text).ok()?;
            Some((entry, name))
        };
        let (name, spot, origin) = if let Some((name, origin)) = given.or_else(from_env) {
            (name, None, origin)
        } else if let Some((entry, name)) = in_file() {
            (name, Some(entry.value.spot), "the value")
        } else {
            // A relative directory has no name of its own; the shell says where it is.
            let current = self.source.env("PWD").unwrap_or_default();
            let directory = paths::join(&current, &request.directory);
            let name = normalise(paths::file_name(&directory).unwrap_or_default());
            if name.is_empty() {
                let message = "the project has no name, and its directory gives none";
                report.error_hint(None, "name", message, "add `name: …` to the file, or pass `--project-name`");
                return None;
            }
            (name, None, "the directory's name")
        };
        match name.parse::<ProjectName>() {
            Ok(project) => {
                self.project = Some(name);
                Some(project)
            }
            Err(error) => {
                let valid = normalise(&name);
                let hint = if valid.is_empty() { "choose another name".to_owned() } else { format!("`{valid}` would be one") };
                report.error_hint(spot, "name", format!("{origin}: {error}"), hint);
                None
            }
        }
    }
}

/// A directory's name as a project name: lower case, without what a project name does not take.
fn normalise(name: &str) -> String {
    let kept: String = name.to_lowercase().chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_')).collect();
    kept.trim_start_matches(['-', '_']).to_owned()
}
