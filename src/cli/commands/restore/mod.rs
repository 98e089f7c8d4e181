//! `restore`: one file a verb, and what they share: where the record is, and a run under the lock.

mod begin;
mod finish;
mod place;
mod safety;
mod source;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use async_trait::async_trait;
use chrono::Utc;

use crate::backup::{
    pipeline::Progress as Moving,
    restore::{Context, Failure, Finished, RestoreError, SafetyCopy, app, app::Services, record::Record},
    set::SetId,
};
use crate::cli::{
    Exit,
    args::{Global, Restore, RestoreCommand},
    commands::change::who,
    error::{Interrupted, NotRestored},
    signal::Interrupt,
};
use crate::engine::Engine;
use crate::event::{Event, Sink};
use crate::model::{Bytes, ProjectName, ServiceName, lock_holder};
use crate::state::{Fence, Holder, Lock};
use crate::ui::{Progress, Ui};

use place::Place;
use source::Opened;

/// Carries it out.
pub async fn run(global: &Global, args: &Restore, ui: &Ui) -> anyhow::Result<Exit> {
    match &args.command {
        None if args.begin.resume => finish::resume(global, &args.begin, ui).await,
        None => begin::run(global, &args.begin, ui).await,
        Some(RestoreCommand::Confirm) => finish::confirm(global, ui).await,
        Some(RestoreCommand::Rollback) => finish::rollback(global, ui).await,
    }
}

/// Which way a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Going {
    Forward,
    Back,
    Confirm,
}

/// For restores that touch nothing of the engine.
struct NoServices;

#[async_trait]
impl Services for NoServices {
    async fn stop(&self, _: &std::collections::BTreeSet<ServiceName>) -> Result<(), RestoreError> {
        Ok(())
    }

    async fn start(&self, _: &std::collections::BTreeSet<ServiceName>) -> Result<(), RestoreError> {
        Ok(())
    }

    async fn container(&self, service: &ServiceName) -> Result<String, RestoreError> {
        Err(RestoreError::NotRunning(service.to_string()))
    }
}

/// Where a safety copy is not wanted, or was made before.
struct NoCopy;

#[async_trait(?Send)]
impl SafetyCopy for NoCopy {
    async fn make(&self) -> Result<SetId, String> {
        Err("it was not prepared".to_owned())
    }
}

/// Bytes that have been read, told every now and then.
#[derive(Default)]
struct Meter {
    plain: AtomicU64,
    step: AtomicUsize,
}

impl Meter {
    fn progress(self: &Arc<Self>) -> Moving {
        let meter = Arc::clone(self);
        Arc::new(move |moved| {
            meter.plain.fetch_add(moved.plain, Ordering::Relaxed);
        })
    }

    /// Notes which step is under way.
    fn hear(&self, event: &Event) {
        if let Event::StepStarted { step, .. } = event {
            self.step.store(*step, Ordering::Relaxed);
            self.plain.store(0, Ordering::Relaxed);
        }
    }

    /// Tells of it for as long as it is polled.
    async fn tell(&self, events: Sink<'_>) -> std::convert::Infallible {
        let mut told = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let done = self.plain.load(Ordering::Relaxed);
            if done != told && done > 0 {
                told = done;
                let (step, message) = (self.step.load(Ordering::Relaxed), format!("{} are read", Bytes(done)));
                events(Event::StepProgress { step, message, done: Some(done), total: None });
            }
        }
    }
}

/// One run on a record, under the project's lock where the engine is touched.
struct Run<'a> {
    place: &'a Place,
    ui: &'a Ui,
    interrupt: &'a Interrupt,
    opened: Option<&'a Opened>,
    meter: Arc<Meter>,
}

impl Run<'_> {
    /// Takes the lock of the project, does `work` under it, and gives it back.
    async fn under_lock<T>(
        &self,
        engine: &dyn Engine,
        project: &ProjectName,
        work: impl AsyncFnOnce(&Lock) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let holder = Holder::this_process(who(), "restore", Utc::now());
        let lock = Lock::acquire(engine, project, &holder).await?;
        if let Some(dead) = lock.taken_from() {
            super::lock::say_taken_over(self.ui, project, dead);
        }
        let done = tokio::select! {
            done = lock.keep(engine, work(&lock)) => done,
            () = self.interrupt.abandon.cancelled() => Err(Interrupted(self.interrupt.exit().unwrap_or(Exit::Interrupted)).into()),
        };
        if let Err(error) = lock.release(engine).await {
            let name = lock_holder(project);
            self.ui
                .warn(&format!("the lock could not be given back: {error}"), Some(&format!("remove it with `docker rm {name}`")));
        }
        done
    }

    /// Goes on with a record.
    async fn go(&self, record: Record, going: Going, lock: Option<&Lock>, safety: &dyn SafetyCopy) -> anyhow::Result<Finished> {
        let progress = Progress::new(*self.ui);
        let events = |event: Event| {
            self.meter.hear(&event);
            if let Some(lock) = lock {
                lock.journal().event(&event);
            }
            progress.event(event);
        };
        let open = Fence::open();
        let fence = lock.map_or(&open, Lock::fence);
        let services: Box<dyn Services + '_> = match (self.place.engine.as_ref(), &self.place.project) {
            (Some(engine), Some(project)) => Box::new(app::AtEngine { engine, project, fence, events: &events }),
            _ => Box::new(NoServices),
        };
        let journal = self.place.journal_of(&record)?;
        let source = self.opened.map(|opened| opened.source(&self.interrupt.cancel, self.meter.progress()));
        let context = Context {
            engine: self.place.engine.as_ref().map(|engine| engine as &dyn Engine),
            services: &*services,
            journal: &*journal,
            source: source.as_ref(),
            safety,
            fence,
            events: &events,
        };
        let work = async {
            match going {
                Going::Forward => crate::backup::restore::forward(record, &context).await,
                Going::Back => crate::backup::restore::back(record, &context).await,
                Going::Confirm => crate::backup::restore::confirm(record, &context).await,
            }
        };
        let done = tokio::select! {
            done = work => done,
            never = self.meter.tell(&events) => match never {},
        };
        done.map_err(|failure| self.not_restored(failure))
    }

    fn not_restored(&self, failure: Box<Failure>) -> anyhow::Error {
        let signal = self.interrupt.exit().filter(|_| matches!(failure.error, RestoreError::Cancelled));
        NotRestored { failure, signal }.into()
    }
}

fn listen() -> anyhow::Result<Interrupt> {
    Interrupt::listen().context("cannot listen for signals")
}
