//! `restore --resume`, `restore confirm`, `restore rollback`: what is done with a restore that is open.

use std::sync::Arc;

use serde_json::json;

use super::{Going, Meter, NoCopy, Run, listen, place::Place, source};
use crate::backup::restore::{
    Finished,
    record::{Item, Record, Step, Way},
};
use crate::cli::{
    Exit,
    args::{Global, RestoreBegin},
    commands::next,
    error::Usage,
};
use crate::ui::{self, Ui};

/// The place with the engine, where that can be reached or is needed, and the record.
async fn find(global: &Global, ui: &Ui) -> anyhow::Result<(Place, Record)> {
    let mut place = Place::read(global, ui, None)?;
    let mut record = place.open_record().await?;
    if record.is_none() {
        place = place.with_engine(global).await?;
        record = place.open_record().await?;
    }
    let record = record.ok_or_else(|| Usage {
        message: "no restore is open here".into(),
        hint: Some("begin one with `medianestctl restore`".into()),
    })?;
    Ok((place, record))
}

async fn carry_out(
    place: &Place,
    ui: &Ui,
    record: Record,
    going: Going,
    opened: Option<&source::Opened>,
) -> anyhow::Result<Finished> {
    let interrupt = listen()?;
    let run = Run { place, ui, interrupt: &interrupt, opened, meter: Arc::new(Meter::default()) };
    match (&place.engine, &place.project) {
        (Some(engine), Some(project)) if !record.project.is_empty() => {
            let work = async |lock: &crate::state::Lock| {
                // Somebody else may have gone on with it before the lock was ours.
                let record = place
                    .open_record()
                    .await?
                    .ok_or_else(|| Usage { message: "no restore is open any more".into(), hint: None })?;
                run.go(record, going, Some(lock), &NoCopy).await
            };
            run.under_lock(engine, project, work).await
        }
        _ => run.go(record, going, None, &NoCopy).await,
    }
}

/// Goes on with a restore that was cut off.
pub async fn resume(global: &Global, args: &RestoreBegin, ui: &Ui) -> anyhow::Result<Exit> {
    let (place, record) = find(global, ui).await?;
    match record.way {
        Way::Done => {
            return Err(Usage {
                message: format!("the restore of {} is done: there is nothing to go on with", record.set),
                hint: Some(
                    "keep it with `medianestctl restore confirm`, or take it back with `medianestctl restore rollback`".into(),
                ),
            }
            .into());
        }
        Way::Back => return back(global, &place, record, ui).await,
        Way::Confirming => return remove_old(&place, record, ui).await,
        Way::Forward => {}
    }
    let rest = record.steps.get(record.at..).unwrap_or_default();
    if rest.contains(&Step::SafetyCopy) {
        return Err(Usage {
            message: "the restore was cut off before anything was touched".into(),
            hint: Some("clear it away with `medianestctl restore rollback`, and begin it again".into()),
        }
        .into());
    }
    let opened = match rest.iter().any(|step| matches!(step, Step::Stage(_))) {
        true => Some(source::open(&place, &record.stack.parse()?, Some(record.set), Some(&record.from), args).await?),
        false => None,
    };
    ui.say(&format!("going on with the restore of {}: {}", record.set, record.standing()));
    ui::confirm(ui, &format!("Go on and put backup {} in the place of what is there?", record.set))?;
    let finished = carry_out(&place, ui, record, Going::Forward, opened.as_ref()).await?;
    say(ui, "restore", &finished.record, "restored");
    if !ui.json() {
        ui.say(&format!("next: {} or {}", next(global, "restore confirm"), next(global, "restore rollback")));
    }
    Ok(Exit::Ok)
}

/// Removes the old data.
pub async fn confirm(global: &Global, ui: &Ui) -> anyhow::Result<Exit> {
    let (place, record) = find(global, ui).await?;
    if !matches!(record.way, Way::Done | Way::Confirming) {
        return Err(Usage {
            message: format!("the restore of {} has not come to its end: {}", record.set, record.standing()),
            hint: Some("go on with `medianestctl restore --resume`, or take it back with `medianestctl restore rollback`".into()),
        }
        .into());
    }
    remove_old(&place, record, ui).await
}

async fn remove_old(place: &Place, record: Record, ui: &Ui) -> anyhow::Result<Exit> {
    let what: Vec<_> = record.items.iter().map(Item::describe).collect();
    ui::confirm(ui, &format!("This removes {} as they were before the restore, for good. Go on?", what.join(", ")))?;
    let finished = carry_out(place, ui, record, Going::Confirm, None).await?;
    say(ui, "restore confirm", &finished.record, "confirmed; what was there before is removed");
    Ok(Exit::Ok)
}

/// Brings the old data back.
pub async fn rollback(global: &Global, ui: &Ui) -> anyhow::Result<Exit> {
    let (place, record) = find(global, ui).await?;
    if record.way == Way::Confirming {
        return Err(Usage {
            message: "the old data is being removed already".into(),
            hint: Some("finish it with `medianestctl restore confirm`".into()),
        }
        .into());
    }
    back(global, &place, record, ui).await
}

async fn back(global: &Global, place: &Place, record: Record, ui: &Ui) -> anyhow::Result<Exit> {
    let what: Vec<_> = record.items.iter().map(Item::describe).collect();
    let question = format!("This brings back {} as they were, and removes what was restored. Go on?", what.join(", "));
    ui::confirm(ui, &question)?;
    let finished = carry_out(place, ui, record, Going::Back, None).await?;
    say(ui, "restore rollback", &finished.record, "taken back; what was there before is there again");
    if !ui.json() {
        ui.say(&format!("next: {}", next(global, "status")));
    }
    Ok(Exit::Ok)
}

fn say(ui: &Ui, command: &str, record: &Record, done: &str) {
    if ui.json() {
        ui.line(&json!({
            "event": "finished", "schema": 1, "command": command, "project": record.project, "changed": true, "set": record.set,
            "restore": record.id,
        }));
        return;
    }
    ui.say(&format!("{} the restore of {} is {done}", ui.err().good("✓"), record.set));
}
