//! `backup create`: makes a backup at one or several targets.

use std::{collections::BTreeSet, path::Path};

use anyhow::Context as _;
use chrono::Utc;
use serde_json::json;

use crate::backup::{
    create::{CreateError, Made, Making, create},
    keyring::{Keyring, Unlocking},
    pipeline::{Compression, StoreSettings},
    plan::{BackupPlan, Choices, Directory, plan},
    sink::Tee,
};
use crate::cli::{
    Exit,
    args::{BackupCreate, CompressChoice, ConsistencyChoice, Global},
    commands::change::who,
    error::{Interrupted, NotBackedUp, Usage},
    project,
    signal::Interrupt,
};
use crate::engine::{Engine, docker::DockerEngine};
use crate::model::{Bytes, Consistency, Packing, Stack, TargetName, lock_holder};
use crate::secret::system_random;
use crate::state::{Holder, Lock};
use crate::ui::{self, Progress, Ui};

use super::{super::next, prepare, prune::thin_out, room::Room, watch::Watcher};

/// Makes a backup, or shows what it would be.
pub async fn run(global: &Global, args: &BackupCreate, ui: &Ui) -> anyhow::Result<Exit> {
    let loaded = project::load(global, ui, None)?;
    let stack = &loaded.stack;
    let settings = store_settings(stack, args)?;
    let engine = project::connect(global).await?;
    let making = Request { global, args, stack, settings: &settings, engine: &engine };
    let first = making.plan().await?;
    if args.dry_run {
        show(ui, &first);
        return Ok(Exit::Ok);
    }
    let tee = prepare::targets(stack, &args.to)?;
    let interrupt = Interrupt::listen().context("cannot listen for signals")?;
    let holder = Holder::this_process(who(), "backup", Utc::now());
    let lock = Lock::acquire(&engine, &stack.project, &holder).await?;
    if let Some(dead) = lock.taken_from() {
        super::super::lock::say_taken_over(ui, &stack.project, dead);
    }
    let made = tokio::select! {
        made = lock.keep(&engine, making.make(ui, &lock, &tee, &interrupt)) => made,
        // Whoever watches lets the application go on when this process ends.
        () = interrupt.abandon.cancelled() => Err(Interrupted(interrupt.exit().unwrap_or(Exit::Interrupted)).into()),
    };
    if let Err(error) = lock.release(&engine).await {
        let name = lock_holder(&stack.project);
        ui.warn(&format!("the lock could not be given back: {error}"), Some(&format!("remove it with `docker rm {name}`")));
    }
    let (plan, made) = made?;
    say(ui, global, &plan, &made, &tee);
    // Only now: nothing goes for the sake of a backup that came to nothing.
    let names = tee.good().iter().filter_map(|target| target.name.parse().ok()).collect::<Vec<TargetName>>();
    thin_out(&Room::of(stack.clone()), &names, &interrupt, ui).await?;
    Ok(if tee.standing().iter().any(|(_, failed)| failed.is_some()) { Exit::Partial } else { Exit::Ok })
}

/// Compression and encryption, as the flags and the files say.
fn store_settings(stack: &Stack, args: &BackupCreate) -> anyhow::Result<StoreSettings> {
    let packing = match args.compress {
        Some(CompressChoice::Zstd) => Packing::Zstd,
        Some(CompressChoice::Gzip) => Packing::Gzip,
        None => stack.backup.packing(),
    };
    let compression = Compression::of(packing);
    if args.no_encrypt {
        return Ok(StoreSettings { compression, lock: None });
    }
    let keyring = Keyring::of(Path::new(&stack.directory));
    let unlocking = Unlocking::read(&[], args.passphrase_file.as_deref())?;
    let lock = keyring.lock(&stack.backup.recipients, &unlocking)?;
    let lock = lock.ok_or_else(|| Usage {
        message: "nobody could open the backup: there is no recipient and no passphrase".into(),
        hint: Some(
            "make a key with `medianestctl backup key generate`, or say `--no-encrypt` (then secrets are left out)".into(),
        ),
    })?;
    Ok(StoreSettings { compression, lock: Some(lock) })
}

/// What was asked for, with what it needs.
struct Request<'a> {
    global: &'a Global,
    args: &'a BackupCreate,
    stack: &'a Stack,
    settings: &'a StoreSettings,
    engine: &'a DockerEngine,
}

impl Request<'_> {
    async fn plan(&self) -> anyhow::Result<BackupPlan> {
        let observed = project::observe(self.engine, &self.stack.project, BTreeSet::new(), false).await?;
        let consistency = match self.args.consistency {
            Some(ConsistencyChoice::Live) => Consistency::Live,
            Some(ConsistencyChoice::Barrier) => Consistency::Barrier,
            Some(ConsistencyChoice::Stop) => Consistency::Stop,
            None => self.stack.backup.consistency(),
        };
        let choices = Choices {
            only: self.args.parts(),
            consistency,
            encrypted: self.settings.lock.is_some(),
            reach: project::reach(self.global, &observed.engine),
        };
        Ok(plan(self.stack, &observed, &choices)?)
    }

    /// Whatever happened between the first look and the lock is taken into account.
    async fn make(&self, ui: &Ui, lock: &Lock, tee: &Tee, interrupt: &Interrupt) -> anyhow::Result<(BackupPlan, Made)> {
        let plan = self.plan().await?;
        let info = self.engine.info().await?;
        let signing = Keyring::of(Path::new(&self.stack.directory)).signing_key_or_new(&mut system_random)?;
        let progress = Progress::new(*ui);
        let watch = Watcher::new(self.engine, lock, self.global);
        let making = Making {
            engine: self.engine,
            plan: &plan,
            directory: &Directory::of(self.stack),
            settings: self.settings,
            tee,
            signing: &signing,
            set: prepare::set_id()?,
            label: self.args.label.clone(),
            versions: prepare::versions(info.version),
            watch: &watch,
            events: &|event| {
                lock.journal().event(&event);
                progress.event(event);
            },
            cancel: interrupt.cancel.clone(),
            fence: lock.fence(),
            now: Utc::now,
        };
        match create(&making).await {
            Ok(made) => Ok((plan, made)),
            Err(error) => {
                let signal = interrupt.exit().filter(|_| matches!(error, CreateError::Cancelled));
                let failed = tee.standing().into_iter().filter_map(|(target, failed)| Some((target.name, failed?)));
                Err(NotBackedUp { error, signal, targets: failed.collect() }.into())
            }
        }
    }
}

fn show(ui: &Ui, plan: &BackupPlan) {
    if ui.json() {
        ui.document(&json!({
            "schema": 1,
            "project": plan.project,
            "consistency": plan.consistency,
            "parts": plan.parts.iter().map(|part| part.name()).collect::<Vec<_>>(),
            "held_still": plan.still.iter().map(|c| &c.name).collect::<Vec<_>>(),
            "left_out": plan.left_out.iter().map(|left| json!({"what": left.what, "why": left.why})).collect::<Vec<_>>(),
            "notes": plan.notes,
        }));
        return;
    }
    ui.data(&plan.to_text());
}

/// Says what there is now, where, and what is not in it.
fn say(ui: &Ui, global: &Global, plan: &BackupPlan, made: &Made, tee: &Tee) {
    let manifest = &made.manifest;
    let stored: u64 = manifest.objects.values().map(|object| object.size).sum();
    let plain: u64 = manifest.objects.values().map(|object| object.plain_size).sum();
    let standing = tee.standing();
    if ui.json() {
        let targets = standing.iter().map(|(target, failed)| {
            json!({
                "name": target.name,
                "place": target.sink.describe(),
                "error": failed.as_ref().map(ToString::to_string),
            })
        });
        let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        ui.line(&json!({
            "event": "finished",
            "schema": 1,
            "project": plan.project,
            "command": "backup create",
            "changed": true,
            "set": manifest.set,
            "targets": targets.collect::<Vec<_>>(),
            "encrypted": manifest.objects.keys().all(|name| name.encrypted),
            "bytes": stored,
            "plain_bytes": plain,
            "milliseconds": milliseconds(made.took),
            "held_still_milliseconds": made.held.map(milliseconds),
            "objects": manifest.objects,
            "left_out": plan.left_out.iter().map(|left| json!({"what": left.what, "why": left.why})).collect::<Vec<_>>(),
            "notes": plan.notes,
        }));
        return;
    }
    let marks = ui.err();
    let good = standing.iter().all(|(_, failed)| failed.is_none());
    let sign = if good { marks.good("✓") } else { marks.warning("!") };
    let held = made.held.map(|held| match plan.consistency {
        Consistency::Stop => format!(", the application was stopped for {}", ui::duration(held)),
        _ => format!(", the application was held still for {} ms", held.as_millis()),
    });
    ui.say(&format!(
        "{sign} {}: backup {} made in {}{}",
        plan.project,
        manifest.set,
        ui::duration(made.took),
        held.unwrap_or_default()
    ));
    for (target, failed) in &standing {
        match failed {
            None => ui.say(&format!("  {}: {}, {} of {}", target.name, target.sink.describe(), Bytes(stored), Bytes(plain))),
            Some(error) => {
                let text = format!("it is not at {} ({}): {error}", target.name, target.sink.describe());
                ui.warn(&text, error.hint().as_deref());
            }
        }
    }
    for (name, object) in &manifest.objects {
        for note in &object.notes {
            ui.note(&format!("{name}: {note}"), None);
        }
    }
    for note in &plan.notes {
        ui.note(note, None);
    }
    for left in &plan.left_out {
        ui.note(&format!("not in it: {} ({})", left.what, left.why), None);
    }
    if manifest.objects.keys().any(|name| !name.encrypted) {
        ui.note("it is not encrypted: whoever can read it has the data", None);
    }
    ui.say(&format!("next: {}", next(global, &format!("backup verify {}", manifest.set))));
}
