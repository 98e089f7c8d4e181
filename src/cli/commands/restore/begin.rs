//! `restore [SET]`: shows, asks, checks the whole set, restores.

use std::{collections::BTreeSet, sync::Arc};

use chrono::Utc;
use serde_json::json;

use super::{Going, Meter, NoCopy, Run, listen, place::Place, safety::Copy, source};
use crate::backup::{
    index::RawPath,
    keyring::Unlocking,
    manifest::{Manifest, Openers},
    plan::Reach,
    restore::{
        Finished, SafetyCopy, differing,
        id::RestoreId,
        plan::{Beginning, Choices, Facts, RestorePlan, Scene, plan},
        record::{Item, Record, part_name},
        servers, verify,
    },
};
use crate::cli::{
    Exit,
    args::{Global, RestoreBegin},
    commands::{change::who, next},
    error::Usage,
    project,
};
use crate::model::{Bytes, Observed, ProjectName};
use crate::ui::{self, Ui};

/// Restores, or shows what would be done.
pub async fn run(global: &Global, args: &RestoreBegin, ui: &Ui) -> anyhow::Result<Exit> {
    let place = Place::read(global, ui, args.into.as_ref())?;
    let choices = Choices { only: args.parts(), files: args.files.clone(), no_safety_copy: args.skip_safety_copy };
    let own = |name: &str| matches!(name, "config" | "secrets");
    let in_directory = choices.files.iter().all(|file| own(file.split('/').next().unwrap_or_default()))
        && choices.only.iter().all(|name| own(name))
        && !(choices.only.is_empty() && choices.files.is_empty());
    let place = if in_directory { place } else { place.with_engine(global).await? };
    if let Some(record) = place.open_record().await? {
        return Err(open_already(&record).into());
    }
    let stack = match (&args.into, &place.project) {
        (Some(_), _) => project::name(global, ui)?,
        (None, Some(name)) => name.clone(),
        (None, None) => project::name(global, ui)?,
    };
    let opened = source::open(&place, &stack, args.set, args.from.as_deref(), args).await?;
    let manifest = opened.verified.manifest();
    let interrupt = listen()?;
    let meter = Arc::new(Meter::default());
    let source = opened.source(&interrupt.cancel, meter.progress());

    let gathered = Gathered { global, place: &place, choices: &choices, manifest };
    let (planned, _) = gathered.plan().await?;
    let mut differs = Vec::new();
    for object in &planned.compared {
        // What cannot be told without a key is told when it is there.
        if let Ok(paths) = differing(&source, object, &place.directory).await {
            differs.push((part_name(&object.component).to_owned(), paths));
        }
    }
    let target = place.project.clone().unwrap_or(stack);
    show(ui, args.dry_run, &planned, manifest, &target, &differs);
    if args.dry_run {
        return Ok(Exit::Ok);
    }
    if args.skip_safety_copy {
        ui::confirm(ui, "What is there now is not backed up before, and what the backup lacks can be lost. Go on?")?;
    }
    let what: Vec<_> = planned.items.iter().map(Item::describe).collect();
    let question =
        format!("This puts {} of backup {} in the place of what is there in `{target}`. Go on?", what.join(", "), manifest.set);
    ui::confirm(ui, &question)?;

    ui.say("checking every object of the backup");
    let checked = tokio::select! {
        checked = verify(&source, &planned.items) => checked,
        () = interrupt.abandon.cancelled() => Err(crate::backup::restore::RestoreError::Cancelled),
    };
    if let Err(error) = checked {
        let signal = interrupt.exit().filter(|_| matches!(error, crate::backup::restore::RestoreError::Cancelled));
        return Err(crate::cli::error::NotChecked { error, signal }.into());
    }
    let run = Run { place: &place, ui, interrupt: &interrupt, opened: Some(&opened), meter };
    let beginning = |project: String| {
        let id = RestoreId::new(random()?);
        anyhow::Ok(Beginning { id, project, from: opened.from.clone(), begun: Utc::now(), by: who() })
    };
    let finished = match (&place.engine, &place.project) {
        (Some(engine), Some(project)) => {
            let work = async |lock: &crate::state::Lock| {
                // Whatever happened between the first look and the lock is taken into account.
                if let Some(record) = place.open_record().await? {
                    return Err(open_already(&record).into());
                }
                let (planned, reach) = gathered.plan().await?;
                let record = planned.record(manifest, beginning(project.to_string())?);
                let unlocking = Unlocking::read(&[], args.passphrase_file.as_deref())?;
                let copy = place.loaded.as_ref().map(|loaded| Copy {
                    global,
                    engine,
                    stack: &loaded.stack,
                    lock,
                    parts: parts(&planned),
                    reach,
                    in_clear: manifest.openers == Openers::Everybody,
                    id: record.id,
                    unlocking: &unlocking,
                    cancel: interrupt.cancel.clone(),
                });
                let safety: &dyn SafetyCopy = copy.as_ref().map_or(&NoCopy, |copy| copy);
                run.go(record, Going::Forward, Some(lock), safety).await
            };
            run.under_lock(engine, project, work).await?
        }
        _ => run.go(planned.record(manifest, beginning(String::new())?), Going::Forward, None, &NoCopy).await?,
    };
    say(ui, global, &finished, &planned, &differs);
    Ok(if planned.lacking.is_empty() { Exit::Ok } else { Exit::Partial })
}

fn random() -> anyhow::Result<u32> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
    Ok(u32::from_le_bytes(random))
}

/// Another restore is open.
fn open_already(record: &Record) -> Usage {
    let (set, begun) = (record.set, record.begun.format("%Y-%m-%d %H:%M:%S UTC"));
    let hint = match record.way {
        crate::backup::restore::record::Way::Done => {
            "keep it with `medianestctl restore confirm`, or take it back with `medianestctl restore rollback`"
        }
        _ => "go on with `medianestctl restore --resume`, or take it back with `medianestctl restore rollback`",
    };
    Usage {
        message: format!("the restore of {set}, begun {begun} by {}, is open: {}", record.by, record.standing()),
        hint: Some(hint.into()),
    }
}

/// The names of the parts that are replaced, as backups know them.
fn parts(plan: &RestorePlan) -> BTreeSet<String> {
    plan.items.iter().flat_map(Item::objects).map(|object| part_name(&object.component).to_owned()).collect()
}

/// What a plan is made of.
struct Gathered<'a> {
    global: &'a Global,
    place: &'a Place,
    choices: &'a Choices,
    manifest: &'a Manifest,
}

impl Gathered<'_> {
    async fn plan(&self) -> anyhow::Result<(RestorePlan, Reach)> {
        let stack = self.place.loaded.as_ref().map(|loaded| &loaded.stack);
        let mut facts = Facts {
            reach: Reach::Engine,
            free: None,
            servers: std::collections::BTreeMap::new(),
            directory: self.place.directory.to_string_lossy().into_owned(),
        };
        let mut observed: Option<Observed> = None;
        if let (Some(engine), Some(stack)) = (&self.place.engine, stack) {
            let seen = project::observe(engine, &stack.project, BTreeSet::new(), false).await?;
            facts.reach = project::reach(self.global, &seen.engine);
            if facts.reach == Reach::Machine {
                facts.free = rustix::fs::statvfs(seen.engine.root_dir.as_str()).ok().map(|fs| fs.f_bavail * fs.f_frsize);
            }
            let wanted = self.manifest.objects.keys().map(|object| part_name(&object.component).to_owned());
            let wanted = wanted.filter(|name| {
                self.choices.files.is_empty() && (self.choices.only.is_empty() || self.choices.only.contains(name))
            });
            facts.servers = servers(engine, stack, &seen, &wanted.collect()).await?;
            observed = Some(seen);
        }
        let scene = Scene { manifest: self.manifest, stack, observed: observed.as_ref(), facts: &facts };
        Ok((plan(&scene, self.choices)?, facts.reach))
    }
}

fn list(paths: &[RawPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

fn show(
    ui: &Ui,
    only_shown: bool,
    plan: &RestorePlan,
    manifest: &Manifest,
    project: &ProjectName,
    differs: &[(String, Vec<RawPath>)],
) {
    if ui.json() {
        if only_shown {
            let differs: std::collections::BTreeMap<_, _> = differs.iter().map(|(name, paths)| (name, list(paths))).collect();
            ui.document(&json!({
                "schema": 1,
                "project": project,
                "set": manifest.set,
                "parts": plan.items.iter().map(Item::describe).collect::<Vec<_>>(),
                "services": plan.services,
                "steps": plan.steps,
                "bytes_beside": plan.needed,
                "differs": differs,
                "lacking": plan.lacking,
                "notes": plan.notes,
            }));
        }
        return;
    }
    let mut text = plan.to_text(manifest, project.as_str());
    for (name, paths) in differs {
        if paths.is_empty() {
            text.push_str(&format!("  {name}: as in the backup\n"));
        } else {
            text.push_str(&format!("  {name}: stays as it is; other than in the backup: {}\n", list(paths).join(", ")));
        }
    }
    if only_shown {
        ui.data(&text);
    } else {
        ui.say(text.trim_end());
    }
}

fn say(ui: &Ui, global: &Global, finished: &Finished, plan: &RestorePlan, differs: &[(String, Vec<RawPath>)]) {
    let record = &finished.record;
    let took = (Utc::now() - record.begun).to_std().unwrap_or_default();
    if ui.json() {
        ui.line(&json!({
            "event": "finished", "schema": 1, "command": "restore", "project": record.project, "changed": true, "set": record.set,
            "restore": record.id, "parts": record.items.iter().map(Item::describe).collect::<Vec<_>>(), "safety_copy": record.safety,
            "lacking": plan.lacking, "seconds": (took.as_secs_f64() * 1000.0).round() / 1000.0,
        }));
        return;
    }
    let marks = ui.err();
    let sign = if plan.lacking.is_empty() { marks.good("✓") } else { marks.warning("!") };
    ui.say(&format!("{sign} backup {} is restored in {}; {} were compared", record.set, ui::duration(took), Bytes(plan.needed)));
    if let Some(safety) = record.safety {
        ui.say(&format!("  what was there before is in backup {safety}, and kept beside until you confirm"));
    }
    for notes in &finished.notes {
        for note in &notes.first {
            ui.note(&note.to_string(), None);
        }
    }
    for name in &plan.lacking {
        ui.warn(&format!("the backup has no {name}: it is as it was"), None);
    }
    for (name, paths) in differs.iter().filter(|(_, paths)| !paths.is_empty()) {
        let hint = format!("medianestctl restore --only {name} {}", record.set);
        ui.note(&format!("{name} is other than in the backup, and stays: {}", list(paths).join(", ")), Some(&hint));
    }
    if record.items.iter().any(|item| matches!(item, Item::Database { .. })) {
        ui.say(&format!("if the database is older than the release: {}", marks.hint(next(global, "migrate"))));
    }
    ui.say(&format!("next: {} or {}", marks.hint(next(global, "restore confirm")), marks.hint(next(global, "restore rollback"))));
}
