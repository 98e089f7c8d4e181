//! `releases`: the history of a project, one release of it, what changed between two.

use serde_json::{Value, json};

use super::next;
use crate::cli::{
    Exit,
    args::{Global, ReleasesCommand},
    project,
};
use crate::engine::Engine;
use crate::model::ProjectName;
use crate::state::{History, Release, ReleaseDiff, StateError, Store};
use crate::ui::{self, Ui};

/// Lists, shows or compares.
pub async fn run(global: &Global, command: Option<&ReleasesCommand>, ui: &Ui) -> anyhow::Result<Exit> {
    let project = project::name(global, ui)?;
    let engine = project::connect(global).await?;
    let (history, current) = read(&engine, &project).await?;
    let release = |number: u64| history.release(number).ok_or(StateError::NoSuchRelease { number });
    match command {
        None => list(global, ui, &project, &history, current),
        Some(ReleasesCommand::Show { number }) => show(ui, &project, release(*number)?, current),
        Some(ReleasesCommand::Diff { from, to }) => diff(ui, &project, release(*from)?, release(*to)?),
    }
    Ok(Exit::Ok)
}

/// The records, and the number of the current release.
async fn read(engine: &dyn Engine, project: &ProjectName) -> Result<(History, Option<u64>), StateError> {
    let store = Store::new(engine, project.clone());
    // First: this also brings lost access to the records back.
    let Some(opened) = store.open().await? else { return Ok((History::default(), None)) };
    Ok((store.releases().await?.up_to(opened.head.last), opened.head.release))
}

/// A record as documents have it: how it went always in the same two fields.
fn document(release: &Release, current: Option<u64>) -> Value {
    let mut document = json!(release);
    document["outcome"] = json!(release.outcome.code());
    document["why"] = json!(release.outcome.why());
    document["current"] = json!(current == Some(release.number));
    document
}

fn list(global: &Global, ui: &Ui, project: &ProjectName, history: &History, current: Option<u64>) {
    for record in &history.unreadable {
        ui.warn(&format!("{} cannot be read: {}", record.file, record.why), None);
    }
    if ui.json() {
        let short = |release: &Release| {
            json!({
                "number": release.number, "version": release.version, "outcome": release.outcome.code(),
                "why": release.outcome.why(), "at": release.at, "by": release.by, "command": release.command,
                "rollback_of": release.rollback_of, "took_ms": release.took_ms, "current": current == Some(release.number),
            })
        };
        let releases: Vec<_> = history.releases.iter().rev().map(short).collect();
        ui.document(&json!({
            "schema": 1, "project": project, "current": current, "releases": releases, "unreadable": history.unreadable,
        }));
        return;
    }
    if history.releases.is_empty() {
        ui.data(&format!("{project}: no release is recorded"));
        ui.say(&format!("next: {}", ui.err().hint(next(global, "deploy"))));
        return;
    }
    ui.data(&ui::releases_table(ui, history, current));
}

fn show(ui: &Ui, project: &ProjectName, release: &Release, current: Option<u64>) {
    if ui.json() {
        ui.document(&json!({"schema": 1, "project": project, "release": document(release, current)}));
    } else {
        ui.data(&ui::release_page(ui, release, current));
    }
}

fn diff(ui: &Ui, project: &ProjectName, from: &Release, to: &Release) {
    let diff = ReleaseDiff::of(from, to);
    if ui.json() {
        let which = |release: &Release| json!({"number": release.number, "version": release.version});
        ui.document(&json!({
            "schema": 1, "project": project, "from": which(from), "to": which(to), "same": diff.is_empty(), "changes": diff,
        }));
    } else {
        ui.data(&ui::release_diff(ui, from, to, &diff));
    }
}
