//! `backup prune`: sets that nothing asks to keep go, after they were shown.

use chrono::{Local, Utc};
use serde_json::json;
use std::collections::BTreeSet;

use super::room::{Place, Room, warn};
use crate::backup::{
    prune::{self, Decision, Pruned},
    retention::Fate,
    set::SetId,
    sink::SinkError,
    verified::Verified,
};
use crate::cli::{
    Exit,
    args::{BackupPrune, FromTargets, Global},
    signal::Interrupt,
};
use crate::model::TargetName;
use crate::ui::{self, Ui};

/// Prunes each target by its own policy.
pub async fn run(global: &Global, args: &BackupPrune, ui: &Ui) -> anyhow::Result<Exit> {
    let room = Room::enter(global, ui)?;
    let verified = room.verified(ui);
    let (mut decided, mut failed) = (Vec::new(), Vec::new());
    for place in room.places(&args.from)? {
        match decide(&place, &verified).await {
            Ok(decisions) => decided.push((place, decisions)),
            Err(error) => failed.push((place, error)),
        }
    }
    if decided.is_empty()
        && let Some((_, error)) = failed.first()
    {
        return Err(error.clone().into());
    }
    for (place, error) in &failed {
        warn(ui, place, error);
    }
    let going = decided.iter().flat_map(|(_, decisions)| decisions).filter_map(Decision::removes).count();
    if args.dry_run || going == 0 {
        show(ui, &room, &decided);
        return Ok(if failed.is_empty() { Exit::Ok } else { Exit::Partial });
    }
    if !ui.json() {
        for (place, decisions) in &decided {
            ui.say(ui::prune_table(ui, place.name(), decisions).trim_end());
        }
    }
    let what = if going == 1 { "1 backup".to_owned() } else { format!("{going} backups") };
    ui::confirm(ui, &format!("This removes {what} for good. Go on?"))?;
    let interrupt = Interrupt::listen()?;
    let (mut whole, mut documents) = (failed.is_empty(), Vec::new());
    for (place, decisions) in &decided {
        let sets: Vec<_> = decisions.iter().filter_map(Decision::removes).collect();
        let pruned = carry_out(place, &sets, &verified, &interrupt).await?;
        whole &= pruned.failed.is_empty() && pruned.removed.len() + pruned.locked.len() == sets.len();
        tell(ui, place, &pruned);
        documents.push(document(place, &pruned));
    }
    if ui.json() {
        ui.line(&json!({
            "event": "finished", "schema": 1, "stack": room.stack.project, "command": "backup prune", "targets": documents,
        }));
    }
    Ok(interrupt.exit().unwrap_or(if whole { Exit::Ok } else { Exit::Partial }))
}

/// Thins out the targets that have a new backup. Nobody is asked: the policy was declared, and what it asks to keep stays. What
/// cannot be removed is told of, and is no failure of the backup.
pub async fn thin_out(room: &Room, targets: &[TargetName], interrupt: &Interrupt, ui: &Ui) -> anyhow::Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    let verified = room.verified(ui);
    for place in room.places(&FromTargets { from: targets.to_vec() })? {
        let thinned = async {
            let decisions = decide(&place, &verified).await?;
            let sets: Vec<_> = decisions.iter().filter_map(Decision::removes).collect();
            carry_out(&place, &sets, &verified, interrupt).await
        };
        match thinned.await {
            Ok(pruned) if pruned == Pruned::default() => {}
            Ok(pruned) => tell(ui, &place, &pruned),
            Err(error) => warn(ui, &place, &error),
        }
    }
    Ok(())
}

async fn decide(place: &Place, verified: &Verified) -> Result<Vec<Decision>, SinkError> {
    let found = place.list().await?;
    let damaged = |set| verified.is_damaged(place.name(), set);
    let day_of = |moment: chrono::DateTime<Utc>| moment.with_timezone(&Local).date_naive();
    Ok(prune::decide(found, damaged, place.keep, Utc::now(), day_of))
}

/// Removes what was consented to and is still to go: meanwhile a newer set may have come, or the last good one gone.
async fn carry_out(place: &Place, consented: &[SetId], verified: &Verified, interrupt: &Interrupt) -> Result<Pruned, SinkError> {
    if consented.is_empty() {
        return Ok(Pruned::default());
    }
    let still: BTreeSet<_> = decide(place, verified).await?.iter().filter_map(Decision::removes).collect();
    let sets: Vec<_> = consented.iter().copied().filter(|set| still.contains(set)).collect();
    Ok(prune::remove(place.catalog()?, &sets, &interrupt.cancel).await)
}

fn show(ui: &Ui, room: &Room, decided: &[(Place, Vec<Decision>)]) {
    if ui.json() {
        let fate = |decision: &Decision| match &decision.fate {
            Fate::Keep(reasons) => (false, reasons.iter().map(ToString::to_string).collect::<Vec<_>>()),
            Fate::Remove(reason) => (true, vec![reason.to_string()]),
        };
        let of = |decision: &Decision| {
            let (remove, why) = fate(decision);
            json!({"set": decision.found.name, "remove": remove, "why": why, "bytes": decision.found.bytes})
        };
        let targets: Vec<_> = decided
            .iter()
            .map(|(place, decisions)| json!({"name": place.name(), "sets": decisions.iter().rev().map(of).collect::<Vec<_>>()}))
            .collect();
        ui.document(&json!({"schema": 1, "stack": room.stack.project, "targets": targets}));
        return;
    }
    for (place, decisions) in decided {
        ui.data(&ui::prune_table(ui, place.name(), decisions));
    }
}

fn tell(ui: &Ui, place: &Place, pruned: &Pruned) {
    for (set, error) in &pruned.locked {
        ui.note(&format!("{set} at `{}` stays: {error}", place.name()), error.hint().as_deref());
    }
    for (set, error) in &pruned.failed {
        ui.warn(&format!("{set} at `{}` is not removed: {error}", place.name()), error.hint().as_deref());
    }
    let sign = if pruned.failed.is_empty() { ui.err().good("✓") } else { ui.err().warning("!") };
    ui.say(&format!("{sign} {}: {} removed", place.name(), pruned.removed.len()));
}

fn document(place: &Place, pruned: &Pruned) -> serde_json::Value {
    let with_reason = |sets: &[(SetId, SinkError)]| -> Vec<_> {
        sets.iter().map(|(set, error)| json!({"set": set, "why": error.to_string()})).collect()
    };
    json!({
        "name": place.name(), "removed": pruned.removed, "locked": with_reason(&pruned.locked), "failed": with_reason(&pruned.failed),
    })
}
