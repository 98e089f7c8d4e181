//! Carries a restore out, takes it back, confirms it: one step after the other, each written down before and after.
//!
//! Refuses to go on when it cannot write that down, or when its lock is lost: then a later run does, from the record. Any other failure
//! takes everything back.

use std::{
    io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use tokio::time::Instant;

use super::{
    app::Services,
    database::Postgres,
    error::{Failure, RestoreError, Undone},
    files,
    id::RestoreId,
    input::Source,
    journal::Journal,
    picked::Picked,
    record::{Item, Record, Root, Step, Way},
    redis::{self, Redis},
    tree::Tree,
};
use crate::{
    backup::{
        set::{Component, SetId},
        source::Notes,
    },
    engine::Engine,
    event::{Event, Sink},
    model::ServiceName,
    state::Fence,
};

/// Who makes a backup of what is there.
#[async_trait(?Send)]
pub trait SafetyCopy {
    /// Makes one, and names it.
    async fn make(&self) -> Result<SetId, String>;
}

/// What a restore is carried out with.
pub struct Context<'a> {
    /// The engine; none where nothing of it is restored.
    pub engine: Option<&'a dyn Engine>,
    /// The services of the project.
    pub services: &'a dyn Services,
    /// Where it is written down.
    pub journal: &'a dyn Journal,
    /// The set; not needed on the way back.
    pub source: Option<&'a Source<'a>>,
    /// Backs up what is there.
    pub safety: &'a dyn SafetyCopy,
    /// Asked before each step, and before each rename: whether the lock is still held.
    pub fence: &'a Fence,
    /// Where events go.
    pub events: Sink<'a>,
}

impl Context<'_> {
    fn engine(&self) -> Result<&dyn Engine, RestoreError> {
        self.engine.ok_or_else(|| RestoreError::NotRunning("the engine".to_owned()))
    }

    fn source(&self) -> Result<&Source<'_>, RestoreError> {
        self.source.ok_or_else(|| RestoreError::NoObject("reader".to_owned()))
    }

    /// Where the files of a volume are, on this machine.
    async fn directory(&self, volume: &str) -> Result<PathBuf, RestoreError> {
        let there = self.engine()?.volumes().await?;
        let path = there.into_iter().find(|v| v.name == volume).and_then(|v| v.mountpoint).map(PathBuf::from);
        path.filter(|path| path.is_dir()).ok_or_else(|| RestoreError::OutOfReach(volume.to_owned()))
    }

    async fn root(&self, root: &Root) -> Result<PathBuf, RestoreError> {
        match root {
            Root::Volume(volume) => self.directory(volume).await,
            Root::Directory(path) => Ok(PathBuf::from(path)),
        }
    }

    async fn postgres<'b>(
        &'b self,
        service: &ServiceName,
        user: &'b str,
        live: &'b str,
        id: RestoreId,
    ) -> Result<Postgres<'b>, RestoreError> {
        let container = self.services.container(service).await?;
        Ok(Postgres { engine: self.engine()?, container, user, live, id })
    }

    /// Does something with files, on a thread.
    async fn on_files<T: Send + 'static>(
        &self,
        path: &Path,
        work: impl FnOnce(&Path, &mut dyn FnMut() -> io::Result<()>) -> io::Result<T> + Send + 'static,
    ) -> Result<T, RestoreError> {
        self.fence.check()?;
        let (fence, path) = (self.fence.clone(), path.to_owned());
        let at = path.clone();
        let done = tokio::task::spawn_blocking(move || work(&path, &mut || fence.check().map_err(io::Error::other)));
        let done = done.await.map_err(|_| RestoreError::Thread)?;
        done.map_err(|source| match self.fence.check() {
            Err(lost) => lost.into(),
            Ok(()) => RestoreError::Files { path: at, source },
        })
    }
}

/// A restore that has come to its end.
#[derive(Debug)]
pub struct Finished {
    /// How far it is: done, or nothing is open any more.
    pub record: Record,
    /// What a person should know of the files.
    pub notes: Vec<Notes>,
}

/// Checks all objects that a restore reads, before anything is touched.
pub async fn verify(source: &Source<'_>, items: &[Item]) -> Result<(), RestoreError> {
    for item in items {
        for object in item.objects() {
            source.check(object).await?;
        }
    }
    // What is unpacked is compared with it.
    let unpacks = items.iter().any(|item| matches!(item, Item::Volume { .. } | Item::Files { .. }));
    match source.object(&Component::Index) {
        Some((index, _)) if unpacks => source.check(index).await,
        _ => Ok(()),
    }
}

/// Goes forward from where the record is.
pub async fn forward(mut record: Record, context: &Context<'_>) -> Result<Finished, Box<Failure>> {
    let mut notes = Vec::new();
    (context.events)(Event::Started { steps: record.steps.len() });
    record.way = Way::Forward;
    let mut first = true;
    let failed = loop {
        let Some(step) = record.steps.get(record.at).copied() else { break None };
        match advance(&mut record, step, context, &mut notes, std::mem::take(&mut first)).await {
            Ok(()) => {}
            Err(error) => break Some((step, error)),
        }
    };
    let Some((step, error)) = failed else {
        record.way = Way::Done;
        return match context.journal.write(&record).await {
            Ok(()) => Ok(Finished { record, notes }),
            Err(error) => Err(failure(record, Step::Start, error.into(), Undone::NotTried)),
        };
    };
    if error.ends_all() {
        return Err(failure(record, step, error, Undone::NotTried));
    }
    record.failure = Some(error.to_string());
    let undone = if record.has_touched() { Undone::Completely } else { Undone::Untouched };
    match take_back(&mut record, context).await {
        Ok(()) => Err(failure(record, step, error, undone)),
        Err(second) => Err(failure(record, step, error, Undone::Failed(Box::new(second)))),
    }
}

fn failure(record: Record, step: Step, error: RestoreError, undone: Undone) -> Box<Failure> {
    let (verb, object) = record.words(step);
    Box::new(Failure { verb, object, error, undone, record: Box::new(record) })
}

/// One step, between two writes.
async fn advance(
    record: &mut Record,
    step: Step,
    context: &Context<'_>,
    notes: &mut Vec<Notes>,
    first: bool,
) -> Result<(), RestoreError> {
    context.fence.check()?;
    if context.source.is_some_and(|source| source.cancel.is_cancelled()) {
        return Err(RestoreError::Cancelled);
    }
    // After a cut somebody may have started them.
    if first && record.is_between() {
        context.services.stop(&record.services).await?;
    }
    record.under_way = true;
    context.journal.write(record).await?;
    let number = record.at + 1;
    let (verb, object) = record.words(step);
    (context.events)(Event::StepStarted { step: number, verb, object, cause: Record::cause(step).to_owned() });
    let begun = Instant::now();
    match apply(record, step, context, notes).await {
        Ok(()) => {}
        Err(error) => {
            (context.events)(Event::StepFailed { step: number, error: error.to_string() });
            return Err(error);
        }
    }
    record.at += 1;
    record.under_way = false;
    context.journal.write(record).await?;
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    (context.events)(Event::StepFinished { step: number, milliseconds });
    Ok(())
}

fn item(record: &Record, index: usize) -> Result<Item, RestoreError> {
    record.items.get(index).cloned().ok_or_else(|| RestoreError::NoObject(format!("part {index}")))
}

async fn apply(record: &mut Record, step: Step, context: &Context<'_>, notes: &mut Vec<Notes>) -> Result<(), RestoreError> {
    let id = record.id;
    match step {
        Step::SafetyCopy => {
            record.safety = Some(context.safety.make().await.map_err(RestoreError::SafetyCopy)?);
            Ok(())
        }
        Step::Stage(index) => {
            let source = context.source()?;
            let mut item = item(record, index)?;
            match &mut item {
                Item::Database { service, user, database, object, globals } => {
                    context.postgres(service, user, database, id).await?.stage(source, object, globals.as_ref()).await?;
                }
                Item::Redis { volume, object, files, .. } => {
                    redis::stage(source, object, files, context.directory(volume).await?, id).await?;
                }
                Item::Volume { volume, object, .. } => {
                    notes.push(files::stage_volume(source, object, context.directory(volume).await?, id).await?);
                }
                Item::Files { object, root, wanted, paths } => {
                    *paths = files::stage_files(source, object, context.root(root).await?, wanted.as_ref(), id).await?;
                }
            }
            if let Some(place) = record.items.get_mut(index) {
                *place = item;
            }
            Ok(())
        }
        Step::Stop => context.services.stop(&record.services).await,
        Step::Swap(index) => match item(record, index)? {
            Item::Database { service, user, database, .. } => {
                context.postgres(&service, &user, &database, id).await?.swap().await
            }
            Item::Redis { volume, files, .. } => {
                let (root, paths) = (context.directory(&volume).await?, redis::paths(&files));
                context.on_files(&root, move |root, permit| Picked::open(root, id)?.swap(&paths, permit)).await
            }
            Item::Volume { volume, .. } => {
                let root = context.directory(&volume).await?;
                context.on_files(&root, move |root, permit| Tree::open(root, id)?.swap(permit)).await
            }
            Item::Files { root, paths, .. } => {
                let root = context.root(&root).await?;
                context.on_files(&root, move |root, permit| Picked::open(root, id)?.swap(&paths, permit)).await
            }
        },
        Step::Revive(index) => {
            let Item::Redis { service, keys, .. } = item(record, index)? else { return Ok(()) };
            context.services.start(&[service.clone()].into()).await?;
            let container = context.services.container(&service).await?;
            Redis { engine: context.engine()?, container }.compare(keys).await
        }
        Step::Start => context.services.start(&record.services).await,
    }
}

/// Takes everything back, from where the record is.
///
/// # Errors
/// The first failure; the record says where it is, and the same call goes on from there.
pub async fn back(mut record: Record, context: &Context<'_>) -> Result<Finished, Box<Failure>> {
    (context.events)(Event::Started { steps: record.steps.len() });
    match take_back(&mut record, context).await {
        Ok(()) => Ok(Finished { record, notes: Vec::new() }),
        Err(error) => {
            let step = record.steps.get(record.at).copied().unwrap_or(Step::Start);
            Err(failure(record, step, error, Undone::NotTried))
        }
    }
}

async fn take_back(record: &mut Record, context: &Context<'_>) -> Result<(), RestoreError> {
    record.way = Way::Back;
    context.journal.write(record).await?;
    // What is done is taken back first; what has begun may have done a part of it.
    let mut first = true;
    loop {
        if !record.under_way {
            if record.at == 0 {
                break;
            }
            record.at -= 1;
            record.under_way = true;
            context.journal.write(record).await?;
        }
        let Some(step) = record.steps.get(record.at).copied() else {
            record.under_way = false;
            continue;
        };
        context.fence.check()?;
        // Whoever was killed on this way may have left them running.
        if std::mem::take(&mut first) && record.is_between() {
            context.services.stop(&record.services).await?;
        }
        let (verb, object) = record.words(step);
        (context.events)(Event::Undoing { step: record.at + 1, verb, object });
        revert(record, step, context).await?;
        record.under_way = false;
        context.journal.write(record).await?;
    }
    Ok(context.journal.forget().await?)
}

async fn revert(record: &Record, step: Step, context: &Context<'_>) -> Result<(), RestoreError> {
    let id = record.id;
    match step {
        Step::SafetyCopy | Step::Revive(_) => Ok(()),
        Step::Stage(index) => discard(&item(record, index)?, id, context, false).await,
        Step::Stop => context.services.start(&record.services).await,
        Step::Start => context.services.stop(&record.services).await,
        Step::Swap(index) => match item(record, index)? {
            Item::Database { service, user, database, .. } => {
                context.postgres(&service, &user, &database, id).await?.swap_back().await
            }
            Item::Redis { volume, files, .. } => {
                let (root, paths) = (context.directory(&volume).await?, redis::paths(&files));
                context.on_files(&root, move |root, permit| Picked::open(root, id)?.swap_back(&paths, permit)).await
            }
            Item::Volume { volume, .. } => {
                let root = context.directory(&volume).await?;
                context.on_files(&root, move |root, permit| Tree::open(root, id)?.swap_back(permit)).await
            }
            Item::Files { root, paths, .. } => {
                let root = context.root(&root).await?;
                context.on_files(&root, move |root, permit| Picked::open(root, id)?.swap_back(&paths, permit)).await
            }
        },
    }
}

/// Removes what a part has beside the live data: what was restored, or what was live before (`kept`).
async fn discard(item: &Item, id: RestoreId, context: &Context<'_>, kept: bool) -> Result<(), RestoreError> {
    match item {
        Item::Database { service, user, database, .. } => {
            let postgres = context.postgres(service, user, database, id).await?;
            if kept { postgres.discard_kept().await } else { postgres.discard_staged().await }
        }
        Item::Volume { volume, .. } => {
            let root = context.directory(volume).await?;
            let work = move |root: &Path, _: &mut dyn FnMut() -> io::Result<()>| {
                let tree = Tree::open(root, id)?;
                if kept { tree.discard_kept() } else { tree.discard_staged() }
            };
            context.on_files(&root, work).await
        }
        Item::Redis { .. } | Item::Files { .. } => {
            let root = match item {
                Item::Redis { volume, .. } => context.directory(volume).await?,
                Item::Files { root, .. } => context.root(root).await?,
                _ => return Ok(()),
            };
            let work = move |root: &Path, _: &mut dyn FnMut() -> io::Result<()>| {
                let picked = Picked::open(root, id)?;
                picked.discard_staged()?;
                if kept { picked.discard_kept() } else { picked.discard_empty_kept() }
            };
            context.on_files(&root, work).await
        }
    }
}

/// Removes the old data for good.
pub async fn confirm(mut record: Record, context: &Context<'_>) -> Result<Finished, Box<Failure>> {
    record.way = Way::Confirming;
    let confirmed = async {
        context.journal.write(&record).await?;
        for item in &record.items {
            context.fence.check()?;
            discard(item, record.id, context, true).await?;
        }
        Ok(context.journal.forget().await?)
    };
    match confirmed.await {
        Ok(()) => Ok(Finished { record, notes: Vec::new() }),
        Err(error) => Err(failure(record, Step::Start, error, Undone::NotTried)),
    }
}
