//! The order of things: which step may begin, what happens when one fails, what is taken back.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use thiserror::Error;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Context, StepError,
    again::still_well,
    fenced::Fenced,
    step::{Seen, carry_out, keep_evidence, keep_upstreams},
};
use crate::engine::ErrorKind;
use crate::event::Event;
use crate::plan::{Action, Change, Phase, Plan, StepId};

/// A plan that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Steps.
    pub steps: usize,
    /// How long it took.
    pub took: Duration,
}

/// What became of the steps that had been done before the failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// There was nothing that served before and had to be brought back.
    Nothing,
    /// What served before serves again; the containers kept for inspection, by name.
    Completely(Vec<String>),
    /// It does not; why.
    Failed(String),
}

/// A plan that was not carried out.
#[derive(Debug, Error)]
#[error("{verb} {object}: {error}")]
pub struct Failure {
    /// The step of the plan; its first one when none had begun.
    pub step: StepId,
    /// What the step was to do.
    pub verb: &'static str,
    /// To what.
    pub object: String,
    /// Why it failed.
    #[source]
    pub error: StepError,
    /// Failures of steps that were under way at the same time.
    pub others: Vec<String>,
    /// What became of the steps before it.
    pub undone: Undone,
    /// Steps that had succeeded.
    pub done: usize,
    /// A step that changes something other than the engine's images had begun, whether or not it came to its end.
    pub touched: bool,
    /// Containers of jobs that had begun: what they did to data is not taken back.
    pub jobs: Vec<String>,
    /// The migration had begun, or had been carried out before: what it did to the database is not taken back.
    pub migrated: bool,
    /// Everything that is wanted runs and has the traffic: what failed is the tidying.
    pub serves: bool,
    /// How long it took in all.
    pub took: Duration,
}

/// Carries `plan` out.
///
/// # Errors
/// The first failure, after everything under way has settled and what the plan says has been taken back.
pub async fn run(plan: &Plan, context: &Context<'_>) -> Result<Finished, Box<Failure>> {
    let begin = Instant::now();
    let seen = Seen::new(context.head.clone());
    // What waits stops waiting when the operator asks for it, and when the lock is lost.
    let operator = &context.cancel;
    let (cancel, abandon) = (operator.child_token(), context.abandon.clone());
    let engine = &Fenced { engine: context.engine, fence: context.fence };
    let stoppable = Context { engine, head: None, release: context.release.clone(), cancel, abandon, ..*context };
    let context = &stoppable;
    let mut done: Vec<StepId> = Vec::new();
    let mut finished: BTreeSet<StepId> = BTreeSet::new();
    let mut begun: BTreeSet<StepId> = BTreeSet::new();
    let mut starting: BTreeSet<StepId> = BTreeSet::new();
    let mut running = FuturesUnordered::new();
    let mut failures: Vec<(StepId, StepError)> = Vec::new();
    let mut told = false;
    let mut looked_again = false;
    (context.events)(Event::Started { steps: plan.steps.len() });
    loop {
        if failures.is_empty() && !context.cancel.is_cancelled() {
            for (index, step) in plan.steps.iter().enumerate() {
                let id = StepId(index);
                if begun.contains(&id) || !step.after.iter().all(|before| finished.contains(before)) {
                    continue;
                }
                let starts = matches!(step.action, Action::Start { .. });
                if starts && starting.len() >= context.starts.max(1) {
                    continue;
                }
                if let Err(lost) = context.fence.check() {
                    failures.push((id, lost.into()));
                    break;
                }
                // From then on nothing is taken back.
                if step.phase == Phase::Tidy && !looked_again {
                    if let Err(error) = still_well(&plan.project, context, &seen, None).await {
                        failures.push((id, error));
                        break;
                    }
                    looked_again = true;
                }
                begun.insert(id);
                starting.extend(starts.then_some(id));
                let (number, seen) = (index + 1, &seen);
                running.push(async move {
                    (context.events)(Event::StepStarted {
                        step: number,
                        verb: step.action.verb(),
                        object: step.action.object(),
                        cause: step.cause.clone(),
                    });
                    let begin = Instant::now();
                    let result = async {
                        if let (Phase::Work, Action::Stop { container, .. }) = (step.phase, &step.action) {
                            still_well(&plan.project, context, seen, Some(container)).await?;
                        }
                        carry_out(&step.action, number, &plan.project, context, seen).await
                    };
                    let result = result.await;
                    (id, result, begin.elapsed())
                });
            }
        }
        let next = tokio::select! {
            next = running.next() => next,
            // A wait that is in the way of an operator who has asked twice is left to itself.
            () = context.abandon.cancelled() => None,
            () = context.fence.lost(), if !context.cancel.is_cancelled() => {
                context.cancel.cancel();
                continue;
            }
            () = operator.cancelled(), if !told => {
                told = true;
                (context.events)(Event::Cancelling);
                continue;
            }
        };
        let Some((id, result, took)) = next else { break };
        starting.remove(&id);
        match result {
            Ok(()) => {
                finished.insert(id);
                done.push(id);
                let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                (context.events)(Event::StepFinished { step: id.0 + 1, milliseconds });
            }
            Err(error) => {
                let error = match context.fence.check() {
                    Err(lost) if error.was_refused() => lost.into(),
                    Err(lost) if matches!(error, StepError::Cancelled) && !operator.is_cancelled() => lost.into(),
                    _ => error,
                };
                (context.events)(Event::StepFailed { step: id.0 + 1, error: error.to_string() });
                failures.push((id, error));
            }
        }
    }
    drop(running);
    if failures.is_empty()
        && !looked_again
        && finished.len() == plan.steps.len()
        && let Err(error) = still_well(&plan.project, context, &seen, None).await
    {
        failures.push((StepId(plan.steps.len().saturating_sub(1)), error));
    }
    if failures.is_empty() && finished.len() == plan.steps.len() {
        if plan.is_empty() {
            keep_evidence(&plan.project, context, &seen).await;
        }
        return Ok(Finished { steps: plan.steps.len(), took: begin.elapsed() });
    }
    let lost = context.fence.check().err();
    // A step that failed may have had its effect all the same: it is taken back with the rest. A wait has none.
    let changes = |id: &StepId| plan.step(*id).is_some_and(|step| step.action.change() != Change::None);
    let mut to_undo = done.clone();
    // But for a container whose name somebody else has: that one is not ours to take back.
    let theirs = |error: &StepError| matches!(error, StepError::Engine(e) if e.kind == ErrorKind::Conflict);
    to_undo.extend(failures.iter().filter(|(_, error)| !theirs(error)).map(|(id, _)| *id).filter(changes));
    let no_way_back = begun.iter().any(|id| plan.step(*id).is_some_and(|step| step.phase == Phase::Tidy));
    let way_back = to_undo.iter().any(|id| plan.step(*id).is_some_and(|step| step.undo.is_some()));
    // Without the lock nothing is touched, not even to bring something back: somebody else may be at work.
    let undone = match (no_way_back || !way_back || lost.is_some(), context.abandon.is_cancelled()) {
        (true, _) => Undone::Nothing,
        (false, true) => Undone::Failed("left as it is at your request".into()),
        (false, false) => {
            let culprits =
                failures.iter().filter_map(|(id, error)| error.culprit().or_else(|| plan.step(*id)?.action.on_trial())).collect();
            undo(plan, &to_undo, culprits, context, &seen).await
        }
    };
    // After taking back, where the lock may have been lost too.
    let lost = lost.or_else(|| context.fence.check().err());
    if lost.is_none() {
        if matches!(undone, Undone::Completely(_)) {
            keep_upstreams(&plan.project, context, &seen).await;
        }
        // What serves again was found healthy on the way.
        keep_evidence(&plan.project, context, &seen).await;
    }
    let latest = begun.iter().next_back().copied().unwrap_or(StepId(0));
    if let Some(lost) = lost
        && !matches!(failures.first(), Some((_, StepError::LockLost(_))))
    {
        // What failed while somebody else was at work is not what went wrong first.
        failures.insert(0, (failures.first().map_or(latest, |(id, _)| *id), lost.into()));
    }
    let mut failures = failures.into_iter();
    // What went wrong by itself says more than what was stopped because of it.
    let (id, error) = failures.next().unwrap_or((latest, StepError::Cancelled));
    let (verb, object) = plan.step(id).map_or(("plan", plan.project.to_string()), |s| (s.action.verb(), s.action.object()));
    Err(Box::new(Failure {
        step: id,
        verb,
        object,
        error,
        others: failures.map(|(_, e)| e.to_string()).collect(),
        undone,
        done: done.len(),
        touched: begun.iter().any(|id| changes(id) && !plan.step(*id).is_some_and(|s| matches!(s.action, Action::Pull { .. }))),
        jobs: begun.iter().filter_map(|id| job(plan, *id)).collect(),
        migrated: migrated(plan, &begun),
        serves: no_way_back,
        took: begin.elapsed(),
    }))
}

/// The container of a job that a step runs.
fn job(plan: &Plan, id: StepId) -> Option<String> {
    match &plan.step(id)?.action {
        Action::RunJob { container, .. } => Some(container.clone()),
        _ => None,
    }
}

/// Whether the migration of a plan had begun with these steps; one that the plan has not was carried out before.
fn migrated(plan: &Plan, begun: &BTreeSet<StepId>) -> bool {
    let migrations = plan.steps.iter().enumerate().filter(|(_, s)| matches!(s.action, Action::RunJob { migration: true, .. }));
    let mut migrations = migrations.map(|(index, _)| begun.contains(&StepId(index))).peekable();
    migrations.peek().is_none() || migrations.any(|begun| begun)
}

/// What must be left alone while things are taken back, because something before it could not be taken back.
#[derive(Default)]
struct Held {
    /// What served before does not serve again: whatever gets the requests now goes on getting them.
    serving: bool,
    /// An address may still have requests under way: nothing is stopped, which costs no more than a container left over.
    busy: bool,
    /// Containers that could not be stopped.
    running: Vec<String>,
}

impl Held {
    fn note(&mut self, failed: &Action) {
        match failed {
            Action::Start { .. } | Action::AwaitHealthy { .. } | Action::SwitchUpstreams { .. } => self.serving = true,
            Action::Drain { .. } => self.busy = true,
            Action::Stop { container, .. } => self.running.push(container.clone()),
            _ => {}
        }
    }

    /// `without` are the containers beside which the action may bring nothing back.
    fn forbids(&self, action: &Action, without: &[String]) -> bool {
        match action {
            Action::Stop { .. } | Action::RemoveContainer { .. } => self.serving || self.busy,
            Action::SwitchUpstreams { .. } => self.serving,
            Action::Start { .. } => self.running.iter().any(|other| without.contains(other)),
            _ => false,
        }
    }
}

/// Takes back what was done, the last first. Everything is tried that does no harm; the first failure is told.
async fn undo(plan: &Plan, done: &[StepId], culprits: BTreeSet<&str>, context: &Context<'_>, seen: &Seen) -> Undone {
    let mut kept = Vec::new();
    let mut problem = None;
    let mut any = false;
    let mut held = Held::default();
    // The operator's wish to stop must not stop what brings the site back.
    let undisturbed =
        Context { head: None, release: None, cancel: CancellationToken::new(), abandon: context.abandon.clone(), ..*context };
    for id in done.iter().rev() {
        let Some(undo) = plan.step(*id).and_then(|s| s.undo.as_ref()) else { continue };
        any = true;
        for action in &undo.actions(&culprits) {
            if held.forbids(action, &undo.without) {
                break;
            }
            if let Err(lost) = context.fence.check() {
                return Undone::Failed(format!("{} {}: {lost}", action.verb(), action.object()));
            }
            (context.events)(Event::Undoing { step: id.0 + 1, verb: action.verb(), object: action.object() });
            let outcome = tokio::select! {
                outcome = carry_out(action, id.0 + 1, &plan.project, &undisturbed, seen) => outcome,
                () = context.abandon.cancelled() => {
                    return Undone::Failed(format!("{} {}: {}", action.verb(), action.object(), StepError::Cancelled));
                }
                // Nothing more is begun, as above.
                () = context.fence.lost() => context.fence.check().map_err(StepError::from),
            };
            match outcome {
                Ok(()) => {
                    if let Action::Rename { to, .. } = action {
                        kept.push(to.clone());
                    }
                }
                // What was never made, or is gone already, need not be unmade; what is to serve again must be there.
                Err(StepError::Engine(e)) if e.kind == ErrorKind::NotFound && !brings_back(action) => break,
                Err(error) => {
                    held.note(action);
                    let (what, why) = (format!("{} {}: ", action.verb(), action.object()), error.to_string());
                    // The engine's own errors say what was tried.
                    problem = problem.or(Some(if why.starts_with(&what) { why } else { what + &why }));
                }
            }
        }
    }
    match problem {
        Some(problem) => Undone::Failed(problem),
        None if any => Undone::Completely(kept),
        None => Undone::Nothing,
    }
}

/// Whether `action`, where it takes something back, makes something serve again.
fn brings_back(action: &Action) -> bool {
    matches!(action, Action::Start { .. } | Action::AwaitHealthy { .. } | Action::SwitchUpstreams { .. })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use chrono::Utc;

    use super::*;
    use crate::engine::Engine as _;
    use crate::engine::fake::{Behaviour, FakeEngine, FakeImage};
    use crate::model::{ContainerSpec, Labels};
    use crate::plan::{Step, Undo};
    use crate::secret::FingerprintKey;
    use crate::state::{Fence, Versions};

    fn step(action: Action, after: &[usize]) -> Step {
        let after = after.iter().copied().map(StepId).collect();
        Step { action, cause: String::new(), after, phase: Phase::Work, undo: None }
    }

    /// The loop once spun where a step had failed, another one was under way, and then the operator asked to stop.
    #[tokio::test(start_paused = true)]
    async fn a_wish_to_stop_after_a_failure_waits_for_what_is_under_way() {
        let ends = |code, after| {
            let script = Behaviour::ExitsWith { code, after: Duration::from_secs(after), log: Vec::new() };
            FakeImage { script, ..FakeImage::default() }
        };
        let engine = FakeEngine::new().with_image("crash:1", ends(1, 0)).with_image("job:1", ends(0, 60));
        let create = |name: &str| {
            let spec = ContainerSpec::holder(name.into(), format!("{name}:1"), Labels::new(), Vec::new());
            let spec = ContainerSpec { command: Some(vec![name.into()]), ..spec };
            step(Action::CreateContainer { spec: Box::new(spec) }, &[])
        };
        let service = |name: &str| name.parse().unwrap();
        let patience = Duration::from_secs(300);
        let start = Action::Start { container: "crash".into() };
        let wait =
            Action::AwaitHealthy { container: "crash".into(), service: service("crash"), patience, settle: Duration::ZERO };
        let job = Action::RunJob {
            container: "job".into(),
            service: service("job"),
            attempts: 1,
            backoff: Duration::ZERO,
            patience,
            migration: false,
        };
        let steps = vec![create("crash"), create("job"), step(start, &[0]), step(wait, &[2]), step(job, &[1])];
        let plan = Plan { steps, ..Plan::empty("shop".parse().unwrap()) };
        let cancel = CancellationToken::new();
        let context = Context {
            engine: &engine,
            granted: &Versions::default(),
            key: &FingerprintKey::generate(&mut crate::secret::system_random).unwrap(),
            head: None,
            release: None,
            starts: 2,
            events: &|event| {
                if matches!(event, Event::StepFailed { .. }) {
                    cancel.cancel();
                }
            },
            cancel: cancel.clone(),
            abandon: CancellationToken::new(),
            fence: &Fence::open(),
            now: Utc::now,
        };
        let failure = run(&plan, &context).await.unwrap_err();
        assert!(failure.error.to_string().contains("ended with exit code 1"), "{failure}");
        assert_eq!(failure.done, 4, "the job came to its end");
    }

    /// That what served before is gone was once passed over, and the site was said to be as it had been.
    #[tokio::test(start_paused = true)]
    async fn what_served_before_and_is_gone_is_not_brought_back() {
        let engine = FakeEngine::new().with_image("old:1", FakeImage::unchecked(Behaviour::default()));
        let labels = Labels::from([(crate::model::label::PROJECT.to_owned(), "shop".to_owned())]);
        let spec = ContainerSpec::holder("old".into(), "old:1".into(), labels, Vec::new());
        engine.create_container(&ContainerSpec { command: Some(vec!["old".into()]), ..spec }).await.unwrap();
        engine.start("old").await.unwrap();
        let old = || "old".to_owned();
        let mut stop = step(Action::Stop { container: old(), grace: Duration::ZERO }, &[]);
        stop.undo = Some(Undo::by([Action::Start { container: old() }]));
        let gone = step(Action::RemoveContainer { container: old() }, &[0]);
        let fails = step(Action::Start { container: "nobody".into() }, &[1]);
        let plan = Plan { steps: vec![stop, gone, fails], ..Plan::empty("shop".parse().unwrap()) };
        let context = Context {
            engine: &engine,
            granted: &Versions::default(),
            key: &FingerprintKey::generate(&mut crate::secret::system_random).unwrap(),
            head: None,
            release: None,
            starts: 2,
            events: &|_| (),
            cancel: CancellationToken::new(),
            abandon: CancellationToken::new(),
            fence: &Fence::open(),
            now: Utc::now,
        };
        let failure = run(&plan, &context).await.unwrap_err();
        assert!(matches!(&failure.undone, Undone::Failed(why) if why.starts_with("start container old: ")), "{failure:?}");
    }

    /// What comes first in the plan is not to wait for what comes later.
    #[tokio::test(start_paused = true)]
    async fn no_more_are_started_at_once_than_there_are_processors() {
        let engine = FakeEngine::new().with_image("app:1", FakeImage::unchecked(Behaviour::default()));
        let names = ["app-1", "app-2", "app-3", "app-4", "app-5"];
        for name in names {
            let spec = ContainerSpec::holder(name.into(), "app:1".into(), Labels::new(), Vec::new());
            engine.create_container(&ContainerSpec { command: Some(vec![name.into()]), ..spec }).await.unwrap();
        }
        // The first start never ends, so the others share what is left.
        let engine = engine.fail_call(names.len() as u64 + 1, crate::engine::fake::Fault::Hang);
        let steps = names.map(|name| step(Action::Start { container: name.into() }, &[])).to_vec();
        let plan = Plan { steps, ..Plan::empty("shop".parse().unwrap()) };
        let abandon = CancellationToken::new();
        let (begun, ended, most) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let context = Context {
            engine: &engine,
            granted: &Versions::default(),
            key: &FingerprintKey::generate(&mut crate::secret::system_random).unwrap(),
            head: None,
            release: None,
            starts: 2,
            events: &|event| match event {
                Event::StepStarted { .. } => {
                    let under_way = begun.fetch_add(1, Relaxed) + 1 - ended.load(Relaxed);
                    most.fetch_max(under_way, Relaxed);
                }
                Event::StepFinished { .. } if ended.fetch_add(1, Relaxed) + 2 == names.len() => abandon.cancel(),
                _ => {}
            },
            cancel: CancellationToken::new(),
            abandon: abandon.clone(),
            fence: &Fence::open(),
            now: Utc::now,
        };
        assert_eq!(run(&plan, &context).await.unwrap_err().done, names.len() - 1);
        assert_eq!(most.into_inner(), 2);
    }

    /// A stop of `web-10-next` that failed once forbade bringing `web-1` back, for the beginning of its name.
    #[tokio::test(start_paused = true)]
    async fn only_what_may_not_run_beside_one_that_cannot_be_stopped_stays_away() {
        for (without, comes_back) in [(vec!["web-1-next".to_owned()], true), (vec!["web-10-next".to_owned()], false)] {
            let engine = FakeEngine::new().with_image("web:1", FakeImage::unchecked(Behaviour::default()));
            let labels = Labels::from([(crate::model::label::PROJECT.to_owned(), "shop".to_owned())]);
            for name in ["web-1", "web-10-next"] {
                let spec = ContainerSpec::holder(name.into(), "web:1".into(), labels.clone(), Vec::new());
                engine.create_container(&ContainerSpec { command: Some(vec!["web".into()]), ..spec }).await.unwrap();
            }
            engine.start("web-1").await.unwrap();
            let stop = |container: &str| Action::Stop { container: container.into(), grace: Duration::ZERO };
            let start = |container: &str| Action::Start { container: container.into() };
            let mut old = step(stop("web-1"), &[]);
            old.undo = Some(Undo { without, ..Undo::by([start("web-1")]) });
            let mut new = step(start("web-10-next"), &[0]);
            new.undo = Some(Undo::by([stop("web-10-next")]));
            let fails = step(start("nobody"), &[1]);
            let plan = Plan { steps: vec![old, new, fails], ..Plan::empty("shop".parse().unwrap()) };
            // The calls: stop, start, the one that fails, and then the stop that takes the start back.
            let call = u64::try_from(engine.changes().len()).unwrap() + 4;
            let engine = engine.fail_call(call, crate::engine::fake::Fault::Error);
            let context = Context {
                engine: &engine,
                granted: &Versions::default(),
                key: &FingerprintKey::generate(&mut crate::secret::system_random).unwrap(),
                head: None,
                release: None,
                starts: 2,
                events: &|_| (),
                cancel: CancellationToken::new(),
                abandon: CancellationToken::new(),
                fence: &Fence::open(),
                now: Utc::now,
            };
            let failure = run(&plan, &context).await.unwrap_err();
            assert!(matches!(&failure.undone, Undone::Failed(why) if why.contains("stop")), "{failure:?}");
            let runs = async |name: &str| engine.container(name).await.unwrap().unwrap().state.is_running();
            assert!(runs("web-10-next").await, "it could not be stopped");
            assert_eq!(runs("web-1").await, comes_back);
        }
    }
}
