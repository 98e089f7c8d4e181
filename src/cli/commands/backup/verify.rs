//! `backup verify`: whether sets are what was stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Local, Utc};
use serde_json::{Value, json};

use super::meter::Meters;
use super::room::{Place, Room, unlocking, warn};
use crate::backup::{
    catalog::{Condition, Found, OpenError, VerifiedManifest},
    flaw::Flaw,
    keyring::Unlocking,
    set::{ObjectName, SetId},
    sink::SinkError,
    verified::Verified,
    verify::{Checked, Depth, Magic, Verifier, VerifyError},
};
use crate::cli::{
    Exit,
    args::{BackupVerify, Global},
    commands::next,
    signal::Interrupt,
};
use crate::ui::Ui;

/// Verifies, set after set, and remembers what was found.
pub async fn run(global: &Global, args: &BackupVerify, ui: &Ui) -> anyhow::Result<Exit> {
    let room = Room::enter(global, ui)?;
    let unlocking = unlocking(&args.unlock)?;
    let interrupt = Interrupt::listen()?;
    let mut work = Work {
        args,
        ui,
        verified: room.verified(ui),
        meters: Meters::new(*ui),
        interrupt: &interrupt,
        unlocking: &unlocking,
        told: Vec::new(),
        left_out: Vec::new(),
        damaged: false,
        unreached: Vec::new(),
    };
    let (mut seen, mut failed) = (false, Vec::new());
    for place in room.places(&args.from)? {
        let found = match place.list().await {
            Ok(found) => found,
            Err(error) => {
                failed.push((place, error));
                continue;
            }
        };
        work.verified.keep_only(place.name(), &found.iter().filter_map(|found| found.set).collect::<BTreeSet<_>>());
        for found in work.wanted(found) {
            seen = true;
            let outcome = work.set(&place, found).await;
            // What was found until then is remembered, however it ends.
            if let Err(error) = work.verified.write(&room.directory) {
                ui.warn(&error.to_string(), error.hint().as_deref());
            }
            outcome?;
        }
    }
    if let (false, Some((_, error))) = (seen, failed.first()) {
        return Err(error.clone().into());
    }
    if let (false, Some(set)) = (seen, args.set) {
        return Err(OpenError::NoSuchSet(set).into());
    }
    for (place, error) in failed {
        work.not_reached(&place, error);
    }
    if ui.json() {
        ui.line(&json!({
            "event": "finished", "schema": 1, "stack": room.stack.project, "command": "backup verify", "ok": !work.damaged,
            "complete": work.unreached.is_empty(), "sets": work.told, "left_out": work.left_out,
        }));
    } else if !seen {
        ui.data(&format!("{}: there is no backup to verify", room.stack.project));
        ui.say(&format!("next: {}", ui.err().hint(next(global, "backup create"))));
    }
    Ok(match (work.damaged, work.unreached.is_empty()) {
        (true, _) => Exit::VerificationFailed,
        (false, false) => Exit::Partial,
        (false, true) => Exit::Ok,
    })
}

struct Work<'a> {
    args: &'a BackupVerify,
    ui: &'a Ui,
    verified: Verified,
    meters: Meters,
    interrupt: &'a Interrupt,
    unlocking: &'a Unlocking,
    told: Vec<Value>,
    left_out: Vec<Value>,
    damaged: bool,
    unreached: Vec<SinkError>,
}

impl Work<'_> {
    /// Those of a target's sets that are meant, the newest first.
    fn wanted(&self, found: Vec<Found>) -> Vec<Found> {
        let sets = found.into_iter().rev().filter(|found| found.set.is_some());
        match self.args.set {
            Some(set) => sets.filter(|found| found.set == Some(set)).collect(),
            None if self.args.all => sets.collect(),
            // Also one with something missing: its age does not make the one before it the newest.
            None => sets.filter(|f| matches!(f.condition, Condition::Whole(_) | Condition::Damaged(_))).take(1).collect(),
        }
    }

    async fn set(&mut self, place: &Place, found: Found) -> anyhow::Result<()> {
        let Some(set) = found.set else { return Ok(()) };
        let catalog = place.catalog()?;
        match catalog.open(set).await {
            Ok(manifest) => self.look_into(place, set, &manifest).await,
            Err(OpenError::Refused { why, .. }) if !matches!(found.condition, Condition::Foreign(_)) => {
                let checked = Checked { depth: Depth::Stored, objects: Vec::new(), flaws: vec![Flaw::of_manifest(why)] };
                self.tell(place, set, &checked, 0);
                Ok(())
            }
            // Of all sets, those that are none of ours are passed over; one that was named is refused.
            Err(error @ (OpenError::Refused { .. } | OpenError::Unfinished(_))) if self.args.set.is_none() => {
                self.ui.note(&format!("{set} at `{}` is left out: {error}", place.name()), None);
                self.left_out.push(json!({"target": place.name(), "set": set, "why": error.to_string()}));
                Ok(())
            }
            Err(OpenError::Sink(error)) if self.args.set.is_none() => {
                self.not_reached(place, error);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Nothing can be told of a set or a target now; the others are looked into all the same.
    fn not_reached(&mut self, place: &Place, error: SinkError) {
        warn(self.ui, place, &error);
        self.unreached.push(error);
    }

    async fn look_into(&mut self, place: &Place, set: SetId, manifest: &VerifiedManifest) -> anyhow::Result<()> {
        let openers = &manifest.manifest().openers;
        let fits = self.unlocking.fits(openers);
        if !self.unlocking.is_empty() && !fits {
            if self.args.set.is_some() {
                return Err(VerifyError::WrongKey.into());
            }
            self.ui.note(&format!("the key does not open {set}: its stored bytes are checked"), None);
        }
        let today = Local::now().date_naive();
        let due = |at: usize, _: &ObjectName| self.args.sample.is_none_or(|share| share.is_due(today, set, at));
        let objects = manifest.manifest().objects.iter().enumerate();
        let total: u64 = objects.filter(|(at, (name, _))| due(*at, name)).map(|(_, (_, record))| record.size).sum();
        let meter = self.meters.begin("verify", format!("backup {set} at {}", place.name()), total);
        let verifier = Verifier {
            sink: Arc::clone(place.catalog()?.sink()),
            unlock: fits.then(|| self.unlocking.key_for(openers)).flatten(),
            dumps: Arc::new(Magic),
            cancel: self.interrupt.cancel.clone(),
            progress: meter.progress(),
        };
        let checked = match verifier.check(manifest, &due).await {
            Ok(checked) => checked,
            Err(error) => {
                meter.fail(&error.to_string());
                if let (VerifyError::Sink(error), None) = (&error, self.args.set) {
                    self.not_reached(place, error.clone());
                    return Ok(());
                }
                if let (VerifyError::Cancelled, Some(exit)) = (&error, self.interrupt.exit()) {
                    return Err(crate::cli::error::Interrupted(exit).into());
                }
                return Err(error.into());
            }
        };
        meter.end();
        self.tell(place, set, &checked, manifest.manifest().objects.len());
        Ok(())
    }

    fn tell(&mut self, place: &Place, set: SetId, checked: &Checked, objects: usize) {
        self.verified.note(place.name(), set, checked, objects, Utc::now());
        self.damaged |= !checked.flaws.is_empty();
        let flaw = |flaw: &Flaw| json!({"object": flaw.part.object(), "component": flaw.part.to_string(), "what": flaw.fault.to_string()});
        self.told.push(json!({
            "target": place.name(), "set": set, "ok": checked.flaws.is_empty(), "depth": checked.depth,
            "checked": checked.objects.len(), "objects": objects, "flaws": checked.flaws.iter().map(flaw).collect::<Vec<_>>(),
        }));
        if self.ui.json() {
            return;
        }
        let marks = self.ui.out();
        let name = place.name();
        if checked.flaws.is_empty() {
            let how = match checked.depth {
                Depth::Stored => "are as they were stored",
                Depth::Contents => "are as they were stored, and so is what comes out of them",
            };
            let count = checked.objects.len();
            self.ui.data(&format!("{} {set} at {name}: {count} of {objects} objects {how}", marks.good("✓")));
        } else {
            self.ui.data(&format!("{} {set} at {name} is damaged", marks.bad("✗")));
            for flaw in &checked.flaws {
                self.ui.data(&format!("  {flaw}"));
            }
        }
    }
}
