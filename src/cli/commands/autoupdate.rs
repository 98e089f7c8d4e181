//! `autoupdate`: looks whether registries have something newer than what runs, and brings it about as `update` does; once, or
//! again and again.

use anyhow::Context as _;
use chrono::{Local, SecondsFormat, Utc};
use serde::Serialize;

use super::deploy::{Choices, bring_about};
use crate::cli::{
    Exit,
    args::{Autoupdate, Global},
    classify,
    error::{Interrupted, Unfinished, Usage},
    project,
    signal::Interrupt,
};
use crate::engine::{Engine, EngineError, ErrorKind};
use crate::execute::{Offer, Survey};
use crate::model::{Observed, ProjectName, Stack, Zone};
use crate::plan::autoupdate::{Finding, PROBE, Tried, Verdict, comparable, is_open, newer, newest};
use crate::registry::Registries;
use crate::state::{StateError, Store};
use crate::ui::{Table, Ui, Verbosity};

/// What one look found, as it is told.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    schema: u32,
    project: &'a str,
    at: String,
    /// The version whose images were looked for.
    version: Option<&'a str>,
    /// It is another one than the files name.
    newer: bool,
    /// The repositories whose tags were listed for the declared range, and why some could not be.
    listed: &'a [String],
    not_listed: Vec<String>,
    window: Option<String>,
    window_open: bool,
    /// In seconds.
    min_age: u64,
    images: &'a [Finding],
}

/// One look at the stack and what registries have for it.
struct Look {
    stack: Stack,
    /// The version to move to, when it is another one than the files name.
    version: Option<String>,
    survey: Survey,
    open: bool,
    range: Range,
}

/// What came of the range of versions.
#[derive(Default)]
struct Range {
    /// What registries have; empty when nobody was asked.
    offer: Offer,
    /// Why the range was of no use, and what helps.
    unused: Option<(String, String)>,
}

impl Range {
    fn unused(why: String, hint: Option<String>) -> Self {
        Self { offer: Offer::default(), unused: Some((why, hint.unwrap_or_default())) }
    }

    fn errors(&self) -> Vec<String> {
        self.offer.errors.iter().map(ToString::to_string).collect()
    }
}

/// Looks once, or until it is told to stop.
pub async fn run(global: &Global, args: &Autoupdate, ui: &Ui) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen().context("cannot listen for signals")?;
    let mut tried = Tried::default();
    // What is wrong from the beginning is not tried, least of all for ever.
    newer_version(&project::load(global, ui, None)?.stack, args)?;
    let Some(every) = args.every else { return turn(global, args, ui, &interrupt, &mut tried).await };
    loop {
        match turn(global, args, ui, &interrupt, &mut tried).await {
            // Nothing had begun: that is how a loop ends.
            Err(error) if error.is::<Interrupted>() => return Ok(Exit::Ok),
            Err(error) if interrupt.exit().is_some() => return Err(error),
            Err(error) => {
                let (_, mut problem) = classify::problem(&error);
                for hint in &mut problem.hints {
                    *hint = super::in_place(global, hint);
                }
                problem.show(ui);
            }
            Ok(_) => {}
        }
        tokio::select! {
            () = interrupt.cancel.cancelled() => return Ok(Exit::Ok),
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// One look, and the update when one is due.
async fn turn(global: &Global, args: &Autoupdate, ui: &Ui, interrupt: &Interrupt, tried: &mut Tried) -> anyhow::Result<Exit> {
    let engine = project::connect(global).await?;
    let mut look = unless_stopped(interrupt, look(global, args, ui, &engine, tried)).await?;
    if args.dry_run {
        look.show(ui);
        return Ok(if look.unanswered().is_some() { Exit::Failure } else { Exit::Ok });
    }
    let together = look.version.is_some();
    if look.open {
        let min_age = look.stack.autoupdate.min_age;
        let fetched = async { Ok(look.survey.fetch(&engine, min_age, Utc::now(), together).await?) };
        unless_stopped(interrupt, fetched).await?;
    }
    look.say(ui, args.every.is_some());
    if look.open && look.survey.due() {
        let hold = look.survey.hold(&engine).await?;
        let choices = Choices {
            version: look.version.as_deref(),
            dry_run: false,
            refresh: false,
            remove_orphans: false,
            hold: Some(&hold),
            rollout: &args.rollout,
            command: "autoupdate",
        };
        if let Err(error) = bring_about(global, &choices, ui).await {
            if let Some(culprit) = error.downcast_ref::<Unfinished>().and_then(|unfinished| unfinished.failure.blamed()) {
                tried.failed(&look.survey.findings, culprit, together);
            }
            return Err(error);
        }
    }
    look.unanswered().map_or(Ok(Exit::Ok), |error| Err(error.into()))
}

/// The work, unless a signal comes before it is done; for what may be dropped halfway.
async fn unless_stopped<T>(interrupt: &Interrupt, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::select! {
        biased;
        () = interrupt.cancel.cancelled() => Err(Interrupted(interrupt.exit().unwrap_or(Exit::Interrupted)).into()),
        result = work => result,
    }
}

/// What is known to fail: from this run of the program, and from the history, which those before it have written.
async fn known_to_fail(engine: &dyn Engine, project: &ProjectName, last: u64, tried: &Tried) -> Result<Tried, StateError> {
    let mut known = Store::new(engine, project.clone()).releases().await?.up_to(last).tried();
    known.join(tried.clone());
    Ok(known)
}

/// The candidate to move to.
fn newer_version(stack: &Stack, args: &Autoupdate) -> Result<Option<String>, Usage> {
    newer(stack.version.as_deref(), stack.autoupdate.range.as_deref(), &args.candidate)
        .map(|version| version.map(str::to_owned))
        .map_err(|error| Usage { message: error.to_string(), hint: Some(error.hint()) })
}

/// The newest version that registries have in the declared range, when none are given by hand.
async fn listed(
    global: &Global,
    engine: &dyn Engine,
    stack: &Stack,
    observed: &Observed,
) -> anyhow::Result<(Option<String>, Range)> {
    if let Err(error) = comparable(stack.version.as_deref()) {
        return Ok((None, Range::unused(error.to_string(), Some(error.hint()))));
    }
    let probed = project::read(global, Some(PROBE))?.stack;
    if probed.version.as_deref() != Some(PROBE) {
        let Usage { message, hint } = project::does_not_follow("a range finds no newer version");
        return Ok((None, Range::unused(message, hint)));
    }
    let insecure = observed.engine.insecure_registries.clone();
    let registries = Registries::new(project::docker_config(global), insecure, project::engine_is_local(global))?;
    let offer = Offer::gather(engine, &registries, stack, &probed, observed).await?;
    // What one of them has says nothing while the others are silent.
    let lists = if offer.errors.is_empty() { offer.lists.as_slice() } else { &[] };
    let version = newest(stack.version.as_deref(), stack.autoupdate.range.as_deref(), lists)?;
    Ok((version, Range { offer, unused: None }))
}

async fn look(global: &Global, args: &Autoupdate, ui: &Ui, engine: &dyn Engine, tried: &Tried) -> anyhow::Result<Look> {
    let mut stack = project::load(global, ui, None)?.stack;
    let local = project::engine_is_local(global);
    let mut site = project::look(engine, &stack.project, Some(&stack), local).await?;
    let (version, range) = if args.candidate.is_empty() && stack.autoupdate.range.is_some() {
        listed(global, engine, &stack, &site.observed).await?
    } else {
        (newer_version(&stack, args)?, Range::default())
    };
    if version.is_some() {
        stack = project::load(global, ui, version.as_deref())?.stack;
        site = project::look(engine, &stack.project, Some(&stack), local).await?;
    }
    let tried = known_to_fail(engine, &stack.project, site.observed.kept.last, tried).await?;
    let survey = Survey::make(engine, &stack, &site.observed, &tried).await?;
    let window = stack.autoupdate.window.as_ref();
    let now = match window.map(|window| window.zone) {
        Some(Zone::Local) => Local::now().naive_local(),
        Some(Zone::Utc) | None => Utc::now().naive_utc(),
    };
    let open = is_open(window, now);
    Ok(Look { stack, version, survey, open, range })
}

impl Look {
    fn told(&self, event: Option<&'static str>) -> Told<'_> {
        Told {
            event,
            schema: 1,
            project: self.stack.project.as_str(),
            at: now(),
            version: self.stack.version.as_deref(),
            newer: self.version.is_some(),
            listed: &self.range.offer.asked,
            not_listed: self.range.errors(),
            window: self.stack.autoupdate.window.as_ref().map(ToString::to_string),
            window_open: self.open,
            min_age: self.stack.autoupdate.min_age.as_secs(),
            images: &self.survey.findings,
        }
    }

    fn table(&self) -> String {
        let mut table = Table::default();
        for Finding { subject, verdict, .. } in &self.survey.findings {
            table.row([subject.image.to_string(), verdict.to_string()]);
        }
        table.render()
    }

    /// What would be done, as data.
    fn show(&self, ui: &Ui) {
        if ui.json() {
            ui.document(&self.told(None));
            return;
        }
        ui.data(&self.table());
        ui.data(&self.summary());
        self.notes(ui);
    }

    /// What is going to be done. A loop says it on one line.
    fn say(&self, ui: &Ui, looping: bool) {
        if ui.json() {
            ui.line(&self.told(Some("autoupdate")));
            return;
        }
        if !looping || ui.verbosity == Verbosity::Verbose {
            ui.say(self.table().trim_end());
            self.notes(ui);
        }
        let at = if looping { format!("{}  ", now()) } else { String::new() };
        ui.say(&format!("{at}{}", self.summary()));
    }

    fn notes(&self, ui: &Ui) {
        if let Some((why, hint)) = &self.range.unused {
            ui.note(why, Some(hint));
        }
        for error in &self.range.offer.errors {
            ui.note(&format!("newer versions could not be looked for: {error}"), error.hint().as_deref());
        }
        if self.survey.due() && !self.stack.autoupdate.min_age.is_zero() {
            ui.note("how old an image is, is known once it has been got", None);
        }
    }

    fn summary(&self) -> String {
        let count = |counts: &dyn Fn(&Verdict) -> bool| self.survey.findings.iter().filter(|f| counts(&f.verdict)).count();
        let names = |counts: &dyn Fn(&Verdict) -> bool| {
            let named = self.survey.findings.iter().filter(|f| counts(&f.verdict)).map(|f| f.subject.image.to_string());
            Some(named.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty())
        };
        let version = self.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        let mut parts = Vec::new();
        match names(&|v| *v == Verdict::Due) {
            Some(due) => parts.push(format!("due: {due}")),
            None => parts.push("nothing is due".to_owned()),
        }
        parts.extend(names(&Verdict::waits).map(|waiting| format!("waiting: {waiting}")));
        parts.extend(names(&|v| matches!(v, Verdict::Unknown { .. })).map(|unknown| format!("not known: {unknown}")));
        let (current, exempt) = (count(&|v| *v == Verdict::Current), count(&Verdict::is_exempt));
        parts.push(format!("{current} current, {exempt} never updated unasked"));
        if let Some(window) = self.stack.autoupdate.window.as_ref().filter(|_| !self.open) {
            parts.push(format!("outside the window {window}, so nothing is changed"));
        }
        format!("{}{version}: {}", self.stack.project, parts.join("; "))
    }

    /// The error that tells of registries that did not answer, about tags or about images.
    fn unanswered(&self) -> Option<EngineError> {
        let reasons = self.survey.findings.iter().filter_map(|f| match &f.verdict {
            Verdict::Unknown { error } => Some(error.as_str()),
            _ => None,
        });
        let reasons: Vec<_> = self.range.errors().into_iter().chain(reasons.map(str::to_owned)).collect();
        let action = "what registries have could not be found out for every image";
        (!reasons.is_empty()).then(|| EngineError::new(ErrorKind::ImageUnavailable, action, reasons.join("; ")))
    }
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}
