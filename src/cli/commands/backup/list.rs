//! `backup list`: the sets of every target.

use serde_json::{Value, json};

use super::room::{Place, Room, warn};
use crate::backup::{catalog::Found, sink::SinkError, verified::Verified};
use crate::cli::{
    Exit,
    args::{BackupList, Global},
    commands::next,
};
use crate::ui::{self, Ui};

/// Lists. A target that cannot be had is told of, and the others are listed.
pub async fn run(global: &Global, args: &BackupList, ui: &Ui) -> anyhow::Result<Exit> {
    let room = Room::enter(global, ui)?;
    let verified = room.verified(ui);
    let (mut documents, mut listed, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for place in room.places(&args.from)? {
        let sets = place.list().await;
        documents.push(document(&place, &sets, &verified));
        match sets {
            Ok(sets) => listed.push((place.name().clone(), sets)),
            Err(error) => failed.push((place, error)),
        }
    }
    if listed.is_empty()
        && let Some((_, error)) = failed.first()
    {
        return Err(error.clone().into());
    }
    for (place, error) in &failed {
        warn(ui, place, error);
    }
    if ui.json() {
        ui.document(&json!({"schema": 1, "stack": room.stack.project, "targets": documents}));
    } else if listed.iter().all(|(_, sets)| sets.is_empty()) {
        ui.data(&format!("{}: there is no backup", room.stack.project));
        ui.say(&format!("next: {}", ui.err().hint(next(global, "backup create"))));
    } else {
        ui.data(&ui::backups_table(ui, &listed, &verified));
    }
    Ok(if failed.is_empty() { Exit::Ok } else { Exit::Partial })
}

fn document(place: &Place, sets: &Result<Vec<Found>, SinkError>, verified: &Verified) -> Value {
    let of = |found: &Found| set_document(found, place, verified);
    json!({
        "name": place.name(),
        "place": place.describe(),
        "error": sets.as_ref().err().map(ToString::to_string),
        "sets": sets.as_ref().map(|sets| sets.iter().rev().map(of).collect::<Vec<_>>()).unwrap_or_default(),
    })
}

/// A set as documents have it.
pub fn set_document(found: &Found, place: &Place, verified: &Verified) -> Value {
    let manifest = found.manifest().map(|manifest| manifest.manifest());
    json!({
        "set": found.name,
        "standing": ui::standing(found, &|set| verified.is_damaged(place.name(), set)).word(),
        "why": ui::why(found),
        "bytes": found.bytes,
        "begun": found.set.map(|set| set.begun()),
        "finished": manifest.map(|m| m.finished),
        "label": manifest.and_then(|m| m.label.as_deref()),
        "consistency": manifest.map(|m| m.consistency),
        "openers": manifest.map(|m| &m.openers),
        "objects": manifest.map(|m| m.objects.len()),
        "verified": found.set.and_then(|set| verified.of(place.name(), set)),
    })
}
