//! One action: the engine calls that it stands for.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::try_join;

use super::{Context, StepError, again::Watched, bake, drain, gate, job, smoke, stage};
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::event::Event;
use crate::ingress;
use crate::model::{GateEvidence, MigrationForm, ProjectName, RestartPolicy, ServiceName, is_previous, label, lock_holder};
use crate::plan::{Action, DUMPED_BEFORE, StagedContent};
use crate::state::{Draft, Head, Note, StateError, Store};

/// How long the database may take to say which schema it has.
const SCHEMA_LIMIT: Duration = Duration::from_secs(30);
/// A pull gives up when its registry has said nothing for so long.
pub(super) const PULL_IDLE: Duration = Duration::from_secs(30);

/// What steps leave behind for the record, and the record as it is now.
#[derive(Debug, Default)]
pub(super) struct Seen {
    evidence: Mutex<Vec<GateEvidence>>,
    /// Those that this run has found healthy and has not stopped since.
    watched: Mutex<Vec<Watched>>,
    head: Mutex<Option<Head>>,
    /// What the ingress was last given, where nothing has made it uncertain since.
    switched: Mutex<Option<String>>,
    /// `Some` when the database was asked, whatever it said.
    schema: Mutex<Option<Option<String>>>,
}

impl Seen {
    /// `head` was current when the plan was made.
    pub(super) fn new(head: Option<Head>) -> Self {
        Self { head: Mutex::new(head), ..Self::default() }
    }

    /// What the database has said of its schema after the migration.
    fn set_schema(&self, told: Option<String>) {
        if let Ok(mut schema) = self.schema.lock() {
            *schema = Some(told);
        }
    }

    /// The schema as the record shall have it: where nothing was migrated it is the one that it was.
    fn schema(&self, head: &Head) -> Option<String> {
        let told = self.schema.lock().ok().and_then(|schema| schema.clone());
        told.unwrap_or_else(|| head.schema_head.clone())
    }

    fn set_switched(&self, text: Option<String>) {
        if let Ok(mut switched) = self.switched.lock() {
            *switched = text;
        }
    }

    fn add(&self, container: &str, service: &ServiceName, evidence: GateEvidence) {
        self.unwatch(container);
        if let Ok(mut watched) = self.watched.lock() {
            let (container, service, evidence) = (container.to_owned(), service.clone(), evidence.clone());
            watched.push(Watched { container, service, evidence });
        }
        if let Ok(mut seen) = self.evidence.lock() {
            seen.push(evidence);
        }
    }

    /// The run itself ends this container.
    fn unwatch(&self, container: &str) {
        if let Ok(mut watched) = self.watched.lock() {
            watched.retain(|other| other.container != container);
        }
    }

    /// Those that must still be well.
    pub(super) fn watched(&self) -> Vec<Watched> {
        self.watched.lock().map(|watched| watched.clone()).unwrap_or_default()
    }

    fn all(&self) -> Vec<GateEvidence> {
        self.evidence.lock().map(|seen| seen.clone()).unwrap_or_default()
    }

    /// The head as this run knows or finds it; `None` when the project has no state.
    async fn current(&self, project: &ProjectName, context: &Context<'_>) -> Result<Option<Head>, StateError> {
        if let Some(head) = self.head.lock().ok().and_then(|head| head.clone()) {
            return Ok(Some(head));
        }
        Ok(Store::new(context.engine, project.clone()).open().await?.map(|opened| opened.head))
    }

    fn set_current(&self, new: Head) {
        if let Ok(mut head) = self.head.lock() {
            *head = Some(new);
        }
    }
}

/// Carries out `action`; `number` is its step's, for events.
pub(super) async fn carry_out(
    action: &Action,
    number: usize,
    project: &ProjectName,
    context: &Context<'_>,
    seen: &Seen,
) -> Result<(), StepError> {
    let engine = context.engine;
    let progress = |message: String, done: Option<u64>, total: Option<u64>| {
        (context.events)(Event::StepProgress { step: number, message, done, total });
    };
    let warn = |what: Option<(String, String)>| {
        if let Some((message, hint)) = what {
            (context.events)(Event::StepWarning { step: number, message, hint });
        }
    };
    match action {
        Action::Pull { image } => {
            let tell = |p: crate::engine::PullProgress| progress(String::new(), Some(p.received), Some(p.total));
            // What has come so far stays with the engine, so that it may be dropped at any moment.
            tokio::select! {
                biased;
                () = context.cancel.cancelled() => return Err(StepError::Cancelled),
                pulled = engine.pull(image, PULL_IDLE, &tell) => pulled?,
            }
        }
        Action::InitState { volume, holder } => {
            Store::new(engine, project.clone()).init(volume, holder, context.key).await?;
        }
        Action::CreateNetwork { spec } => engine.create_network(spec).await?,
        Action::CreateVolume { spec } => engine.create_volume(spec).await?,
        Action::Stage { holder, volumes } => {
            if volumes.iter().flat_map(|v| &v.files).any(|file| matches!(file.content, StagedContent::Rendered(_))) {
                // Upstreams that an ingress will find are no longer those that an earlier one was given.
                forget_upstreams(project, context, seen).await?;
                seen.set_switched(None);
            }
            stage::fill(engine, holder, volumes, context.granted).await?;
        }
        Action::CreateContainer { spec } => {
            engine.create_container(spec).await?;
        }
        Action::Start { container } => engine.start(container).await?,
        Action::AwaitHealthy { container, service, patience, settle } => {
            let tell = |s: u64| {
                let message = format!("waiting for `{service}` to be healthy, {s} s of {} s", patience.as_secs());
                progress(message, Some(s), Some(patience.as_secs()));
            };
            let evidence = gate::await_healthy(engine, container, service, *patience, &context.cancel, &tell).await?;
            if !settle.is_zero() {
                progress(format!("watching `{service}` stay up for {} s", settle.as_secs()), None, None);
                gate::stays_up(engine, container, service, &evidence, *settle, &context.cancel).await?;
            }
            seen.add(container, service, evidence);
        }
        Action::RunJob { container, service, attempts, backoff, patience, .. } => {
            let job = job::Job { container, service, attempts: *attempts, backoff: *backoff, patience: *patience };
            job::run(engine, &job, &context.cancel, &|message| progress(message, None, None)).await?;
        }
        Action::Dump { container, command, patience, .. } => {
            if let Some(message) = dump(engine, container, command, *patience).await? {
                let hint = "delete it first to have a new one made by the next attempt".to_owned();
                (context.events)(Event::StepWarning { step: number, message, hint });
            }
        }
        Action::ReadSchema { container, command } => {
            // What is not known is treated as another schema, so a failure costs no more than a question at a rollback.
            let told = engine.exec(container, command, SCHEMA_LIMIT).await.ok().filter(|output| output.code == 0);
            seen.set_schema(told.map(|output| output.text()).filter(|text| !text.is_empty()));
        }
        // What is gone does not come back by itself.
        Action::SetRestart { container, policy: RestartPolicy::No } => {
            unless_gone(engine.set_restart(container, RestartPolicy::No).await)?;
        }
        Action::SetRestart { container, policy } => engine.set_restart(container, *policy).await?,
        Action::Drain { container, addresses, connections_tell, limit } => {
            let wait = ingress::Wait { addresses, connections_tell: *connections_tell, limit: *limit };
            let tell = |message, done, total| progress(message, Some(done), Some(total));
            warn(drain::run(engine, container, wait, &context.cancel, &tell).await?);
        }
        Action::Smoke { ingress, service, container, address, port, smoke } => {
            if let Err(error) = smoke::check(engine, ingress, &address.to_string(), *port, smoke).await {
                let evidence = gate::Evidence { log: gate::last_lines(engine, container).await, ..gate::Evidence::default() };
                let (service, container) = (service.clone(), container.clone());
                return Err(StepError::Smoke { service, container, error: Box::new(error), evidence: Box::new(evidence) });
            }
        }
        Action::Bake { ingress, service, container, candidate, stable, span, thresholds } => {
            let trial = bake::Trial { ingress, service, container, candidate, stable, span: *span, thresholds };
            let tell = |message, done, total| progress(message, Some(done), Some(total));
            let passed = bake::run(engine, &trial, &context.cancel, &tell).await?;
            (context.events)(if passed.decided {
                let message = format!("canary {container} does as well as the others: {}", passed.figures);
                Event::StepFound { step: number, message }
            } else {
                let message = format!("canary {container} goes on untried: {}", passed.figures);
                let hint = format!(
                    "with fewer than {} requests nothing is told: a longer --bake, or a larger share",
                    thresholds.requests
                );
                Event::StepWarning { step: number, message, hint }
            });
        }
        Action::Pause { span, .. } => {
            tokio::select! {
                () = tokio::time::sleep(*span) => {}
                () = context.cancel.cancelled() => return Err(StepError::Cancelled),
            }
        }
        Action::Stop { container, grace } => {
            seen.unwatch(container);
            // One that is gone is stopped.
            unless_gone(engine.stop(container, *grace).await)?;
        }
        // Somebody has removed the way back: there is none, and what is wanted runs.
        Action::Rename { container, to } if is_previous(to) => unless_gone(engine.rename(container, to).await)?,
        Action::Rename { container, to } => engine.rename(container, to).await?,
        Action::RemoveContainer { container } => {
            seen.unwatch(container);
            remove(container, project, engine).await?;
        }
        Action::RemoveOrphan { id, grace, .. } => remove_orphan(id, *grace, project, engine).await?,
        Action::RemoveNetwork { name } => match engine.remove_network(name).await {
            // Nothing uses it, and the next deploy can: no reason to leave the rest standing.
            Err(error) if error.kind == ErrorKind::StaleEndpoints => {
                let message =
                    format!("network {name} stays: the engine has lost count of what is attached to it, which is nothing");
                let hint = "it goes with the next `medianestctl down` after a restart of the engine".to_owned();
                (context.events)(Event::StepWarning { step: number, message, hint });
            }
            answer => answer?,
        },
        Action::RemoveVolume { name, .. } => engine.remove_volume(name).await?,
        Action::Forget { files } => Store::new(engine, project.clone()).forget(files).await?,
        Action::SwitchUpstreams { container, path, content } => {
            // Until the record says what the ingress has, nobody knows: a run that ends in between leaves no wrong one.
            let prepared = async { Ok(ingress::prepare(engine, container, path, content).await?) };
            let (prepared, ()) = try_join!(prepared, forget_upstreams(project, context, seen))?;
            seen.set_switched(None);
            prepared.make().await?;
            seen.set_switched(Some(content.clone()));
        }
        Action::KeepMaintenance { maintenance } => {
            write(project, context, seen, None, |head| head.maintenance.clone_from(maintenance)).await?;
        }
        Action::Record { release, upstreams, migration } => {
            let what = (release.as_ref(), upstreams.as_ref(), migration.as_ref());
            record(what, project, context, seen).await?;
        }
    }
    Ok(())
}

/// Where the aim was to get rid of a container, one that somebody has removed meanwhile is no failure.
fn unless_gone(answer: Result<(), EngineError>) -> Result<(), EngineError> {
    answer.or_else(|error| if error.kind == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Dumps a database. What cannot be dumped is not migrated. Returns what is said of a dump that was there already.
async fn dump(engine: &dyn Engine, container: &str, command: &[String], patience: Duration) -> Result<Option<String>, StepError> {
    let output = engine.exec(container, command, patience).await?;
    match output.code {
        0 => Ok(None),
        DUMPED_BEFORE => Ok(Some(output.text())),
        code => Err(StepError::Dump { container: container.to_owned(), why: format!("exit code {code}: {}", output.text()) }),
    }
}

/// Removes a container of this project. What lacks our label is never removed, whatever its name.
async fn remove(container: &str, project: &ProjectName, engine: &dyn Engine) -> Result<(), StepError> {
    let Some(there) = engine.container(container).await? else { return Ok(()) };
    if !there.is_of(project) {
        let action = format!("remove container {container}");
        return Err(EngineError::new(ErrorKind::Conflict, action, "it was not made by medianestctl for this project").into());
    }
    Ok(engine.remove_container(&there.id, true).await?)
}

/// Removes a container that lacks our label, by its identifier. One of another project is never touched, and neither are
/// volumes.
async fn remove_orphan(id: &str, grace: Duration, project: &ProjectName, engine: &dyn Engine) -> Result<(), StepError> {
    let Some(there) = engine.container(id).await? else { return Ok(()) };
    let has = |name: &str| there.labels.get(name).map(String::as_str);
    if has(label::COMPOSE_PROJECT) != Some(project.as_str()) || (has(label::PROJECT).is_some() && !there.is_of(project)) {
        let action = format!("remove container {}", there.name);
        return Err(EngineError::new(ErrorKind::Conflict, action, "it belongs to another project").into());
    }
    engine.stop(id, grace).await?;
    Ok(engine.remove_container(id, true).await?)
}

/// Keeps what the gates have seen where no record is written: in a run that failed, and in one that only waited. Nobody
/// waits for the same containers again. A run without a lock writes only while nobody has it: the note is replaced, and one
/// that was read before the other one's record would put what that says of versions and services back.
pub(super) async fn keep_evidence(project: &ProjectName, context: &Context<'_>, seen: &Seen) {
    if seen.all().is_empty() || (!context.fence.guards() && somebody_is_at_work(project, context.engine).await) {
        return;
    }
    // What became of the run is what is told, not a failure of this.
    let _ = note(project, context, seen, |_| ()).await;
}

/// Whether anybody may have the lock.
async fn somebody_is_at_work(project: &ProjectName, engine: &dyn Engine) -> bool {
    !matches!(engine.container(&lock_holder(project)).await, Ok(None))
}

/// Keeps what the ingress was last given, in a run that took everything back: what it has then is known, and no record
/// follows that would say so. Call it under the lock.
pub(super) async fn keep_upstreams(project: &ProjectName, context: &Context<'_>, seen: &Seen) {
    let Some(text) = seen.switched.lock().ok().and_then(|mut switched| switched.take()) else { return };
    let Ok(Some(mut head)) = seen.current(project, context).await else { return };
    head.upstreams = Some(text);
    // A failure of this costs one more switch in the next run.
    if Store::new(context.engine, project.clone()).save(&mut head, None).await.is_ok() {
        seen.set_current(head);
    }
}

/// Until the next record nobody shall believe to know what the ingress has.
async fn forget_upstreams(project: &ProjectName, context: &Context<'_>, seen: &Seen) -> Result<(), StepError> {
    let Some(mut head) = seen.current(project, context).await?.filter(|head| head.upstreams.is_some()) else { return Ok(()) };
    head.upstreams = None;
    Store::new(context.engine, project.clone()).save(&mut head, None).await?;
    seen.set_current(head);
    Ok(())
}

/// `release`, `upstreams` and `migration` as in [`Action::Record`].
async fn record(
    (release, upstreams, migration): (Option<&String>, Option<&String>, Option<&MigrationForm>),
    project: &ProjectName,
    context: &Context<'_>,
    seen: &Seen,
) -> Result<(), StepError> {
    let new = context.release.as_ref().filter(|_| release.is_some());
    let new = new.map(|draft| draft.ended((context.now)()));
    let change = |head: &mut Head| {
        head.upstreams = upstreams.cloned();
        if let Some(hash) = release {
            head.deployed = Some(hash.clone());
        } else if let Some(form) = migration.map(MigrationForm::key) {
            head.schema_head = seen.schema(head);
            if head.last_migration.as_ref() != Some(&form) {
                // Somebody has brought the database back to this one, and nothing after it counts any more.
                head.migrated = [form.clone()].into();
                head.last_migration = Some(form);
            }
        }
    };
    write(project, context, seen, new.as_ref(), change).await
}

/// Writes the head with what `change` does to it, after the note with the evidence so far: what the head says is
/// recorded has its note. A stack without state of ours has nothing to write to.
async fn write(
    project: &ProjectName,
    context: &Context<'_>,
    seen: &Seen,
    release: Option<&Draft>,
    change: impl FnOnce(&mut Head),
) -> Result<(), StepError> {
    let Some(mut head) = seen.current(project, context).await? else { return Ok(()) };
    let mut release = release.cloned();
    if let Some(draft) = &mut release {
        draft.record.schema_head = seen.schema(&head);
    }
    // What is brought about is noted, also where it is recorded already.
    let record = context.release.as_ref().map(|draft| &draft.record);
    let version = record.map_or_else(|| head.version.clone(), |release| release.version.clone());
    change(&mut head);
    let rewrite = |note: &mut Note| {
        note.version = version;
        note.maintenance.clone_from(&head.maintenance);
        if let Some(record) = record {
            note.services = record.replicas();
        }
    };
    note(project, context, seen, rewrite).await?;
    let store = Store::new(context.engine, project.clone());
    store.save(&mut head, release.as_ref().map(|release| (release, context.granted))).await?;
    seen.set_current(head);
    Ok(())
}

/// Writes down what gates have seen, this time and earlier, of the containers that still run as they did; with what
/// `rewrite` makes of the rest.
async fn note(
    project: &ProjectName,
    context: &Context<'_>,
    seen: &Seen,
    rewrite: impl FnOnce(&mut Note),
) -> Result<(), StepError> {
    let (there, volumes) = try_join!(context.engine.containers(project), context.engine.volumes())?;
    let still = |e: &GateEvidence| there.iter().any(|c| c.id == e.container_id && c.started_at == Some(e.started_at));
    let mut note = Note::find(project, &volumes);
    note.evidence.extend(seen.all());
    note.evidence.retain(still);
    note.evidence.sort();
    note.evidence.dedup();
    rewrite(&mut note);
    Ok(note.write(context.engine, project).await?)
}
