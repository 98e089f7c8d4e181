//! The one place where a typed error becomes an exit code, a message and a hint.

mod backup;
mod restore;

use crate::compose::Diagnostics;
use crate::engine::{EngineError, ErrorKind};
use crate::execute::{Evidence, StepError, Undone};
use crate::model::ServiceName;
use crate::plan::PlanError;
use crate::preflight::{Report, Severity};
use crate::secret::StoreError;
use crate::state::rollback::RollbackError;
use crate::state::{LockError, StateError};
use crate::ui::{Problem, PromptError};

use super::Exit;
use super::error::{Defect, Interrupted, NoEngine, NotReady, Overtaken, Unfinished, Usage, no_containers};

/// Said wherever it is certain.
const UNCHANGED: &str = "nothing was changed";

fn blank(code: &'static str, exit: Exit, message: String) -> Problem {
    Problem {
        code,
        exit_code: exit as u8,
        message,
        causes: Vec::new(),
        changes: Vec::new(),
        details: Vec::new(),
        notes: Vec::new(),
        hints: Vec::new(),
    }
}

/// What to tell of an error, and how to end.
pub fn problem(error: &anyhow::Error) -> (Exit, Problem) {
    let (exit, problem) = if let Some(e) = error.downcast_ref::<Interrupted>() {
        let mut problem = blank("interrupted", e.0, "stopped at your request".into());
        problem.notes.push(UNCHANGED.into());
        (e.0, problem)
    } else if let Some(e) = error.downcast_ref::<Usage>() {
        let mut problem = blank("usage", Exit::Usage, e.message.clone());
        problem.hints.extend(e.hint.clone());
        (Exit::Usage, problem)
    } else if let Some(e) = error.downcast_ref::<NoEngine>() {
        (Exit::Preflight, no_engine(&e.0))
    } else if let Some(e) = error.downcast_ref::<Diagnostics>() {
        (Exit::Configuration, diagnostics(e))
    } else if let Some(e) = error.downcast_ref::<NotReady>() {
        preflight(&e.0)
    } else if let Some(e) = error.downcast_ref::<PlanError>() {
        plan(e)
    } else if let Some(e) = error.downcast_ref::<StoreError>() {
        let mut problem = blank("secrets", Exit::Configuration, e.to_string());
        problem.causes = causes(e);
        problem.notes.push(UNCHANGED.into());
        problem.hints.extend(e.hint());
        (Exit::Configuration, problem)
    } else if let Some(e) = error.downcast_ref::<PromptError>() {
        let mut problem = blank("confirmation", Exit::ConfirmationNeeded, e.to_string());
        if let PromptError::NotInteractive { flag, .. } = e {
            problem.notes.push(UNCHANGED.into());
            problem.hints.push(format!("say it beforehand with `{flag}`"));
        }
        (Exit::ConfirmationNeeded, problem)
    } else if let Some(e) = error.downcast_ref::<RollbackError>() {
        way_back(e)
    } else if let Some(e) = error.downcast_ref::<LockError>() {
        lock(e)
    } else if let Some(known) = backup::problem(error) {
        known
    } else if let Some(e) = error.downcast_ref::<Unfinished>() {
        failure(e)
    } else if let Some(known) = restore::problem(error) {
        known
    } else if let Some(e) = error.downcast_ref::<EngineError>() {
        engine(e)
    } else if let Some(StateError::Engine(e)) = error.downcast_ref::<StateError>() {
        engine(e)
    } else if let Some(e) = error.downcast_ref::<Overtaken>() {
        let mut problem = blank("locked", Exit::Locked, e.to_string());
        problem.hints.push("run the same command again: it goes on from what is there now".into());
        (Exit::Locked, problem)
    } else if let Some(e) = error.downcast_ref::<Defect>() {
        let mut problem = blank("defect", Exit::Internal, e.to_string());
        problem.notes.push("this is a defect of medianestctl; nothing was changed".into());
        (Exit::Internal, problem)
    } else if let Some(e @ StateError::Unreadable { .. }) = error.downcast_ref::<StateError>() {
        let mut problem = blank("state", Exit::Failure, e.to_string());
        problem.hints.push("a newer medianestctl may have written it: use that one, and see `docker volume inspect`".into());
        (Exit::Failure, problem)
    } else if let Some(e @ StateError::NoSuchRelease { .. }) = error.downcast_ref::<StateError>() {
        let mut problem = blank("usage", Exit::Usage, e.to_string());
        problem.hints.push("see which there are with `medianestctl releases`".into());
        (Exit::Usage, problem)
    } else if let Some(e @ StateError::Incomplete { .. }) = error.downcast_ref::<StateError>() {
        let mut problem = blank("release", Exit::Failure, e.to_string());
        problem.notes.push(UNCHANGED.into());
        problem.hints.push("see which others there are with `medianestctl releases`".into());
        (Exit::Failure, problem)
    } else {
        let mut problem = blank("failure", Exit::Failure, error.to_string());
        problem.causes = error.chain().skip(1).map(ToString::to_string).collect();
        (Exit::Failure, problem)
    };
    (exit, problem)
}

fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        found.push(cause.to_string());
        next = cause.source();
    }
    found
}

fn diagnostics(diagnostics: &Diagnostics) -> Problem {
    let count = diagnostics.0.len();
    let message = match diagnostics.0.as_slice() {
        [one] => one.message.clone(),
        _ => format!("the configuration has {count} errors"),
    };
    let mut problem = blank("configuration", Exit::Configuration, message);
    for diagnostic in &diagnostics.0 {
        let place = diagnostic.place.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
        let key = if diagnostic.key.is_empty() { String::new() } else { format!("{}: ", diagnostic.key) };
        let what = if count == 1 { String::new() } else { diagnostic.message.clone() };
        let mut lines = vec![format!("{place}{key}{what}").trim_end_matches([' ', ':']).to_owned()];
        if let (Some(snippet), Some(place)) = (&diagnostic.snippet, &diagnostic.place) {
            let number = place.line.to_string();
            lines.push(format!("  {number} | {snippet}"));
            lines.push(format!("  {} | {}^", " ".repeat(number.len()), " ".repeat(place.column.saturating_sub(1))));
        }
        if let (Some(hint), true) = (&diagnostic.hint, count > 1) {
            lines.push(format!("  hint: {hint}"));
        }
        problem.details.push(lines.join("\n"));
    }
    if let [one] = diagnostics.0.as_slice() {
        problem.hints.extend(one.hint.clone());
    }
    problem.notes.push(UNCHANGED.into());
    problem
}

/// A command line that clap refused; its words without the usage that follows them.
pub fn usage(error: &clap::Error) -> Problem {
    let text = error.to_string();
    let (message, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let mut problem = blank("usage", Exit::Usage, message.strip_prefix("error: ").unwrap_or(message).trim().to_owned());
    problem.details =
        rest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("For more")).map(Into::into).collect();
    problem.hints.push("see `medianestctl --help`".into());
    problem
}

fn plan(error: &PlanError) -> (Exit, Problem) {
    let exit = match error {
        PlanError::NoSuchService { .. } => Exit::Usage,
        PlanError::Overtaken { .. } => Exit::Locked,
        _ => Exit::Configuration,
    };
    let mut problem = blank("plan", exit, error.to_string());
    problem.notes.push(UNCHANGED.into());
    problem.hints.extend(error.hint());
    if let PlanError::NoSuchService { name, known } = error {
        let no_service = no_containers(name.as_str(), known);
        problem = Problem { code: "usage", message: no_service.message, hints: no_service.hint.into_iter().collect(), ..problem };
    }
    (exit, problem)
}

fn preflight(report: &Report) -> (Exit, Problem) {
    let failures: Vec<_> = report.findings.iter().filter(|f| f.severity == Severity::Failure).collect();
    // Secrets that are wrong end as they do where no other check is made.
    let (code, exit) = match failures.iter().all(|f| f.code == "secrets.valid") {
        true => ("secrets", Exit::Configuration),
        false => ("preflight", Exit::Preflight),
    };
    let message = match failures.as_slice() {
        [one] => one.message.clone(),
        many => format!("{} prerequisites are missing", many.len()),
    };
    let mut problem = blank(code, exit, message);
    if failures.len() > 1 {
        problem.details = failures.iter().map(|f| format!("{}: {}", f.code, f.message)).collect();
    }
    problem.hints = failures.iter().filter_map(|f| f.hint.clone()).collect();
    problem.hints.dedup();
    problem.notes.push(UNCHANGED.into());
    (exit, problem)
}

fn way_back(error: &RollbackError) -> (Exit, Problem) {
    let exit = match error {
        RollbackError::Migrations { .. } | RollbackError::SetBack { .. } | RollbackError::ImagesGone { .. } => Exit::Preflight,
        _ => Exit::Usage,
    };
    let mut problem = blank("rollback", exit, error.to_string());
    problem.notes.push(UNCHANGED.into());
    problem.hints.extend(error.hint());
    (exit, problem)
}

fn lock(error: &LockError) -> (Exit, Problem) {
    match error {
        LockError::Held { .. } => {
            let mut problem = blank("locked", Exit::Locked, error.to_string());
            problem.notes.push(UNCHANGED.into());
            problem.hints.push(
                "wait until it is done; when you are certain that it must not go on, take the lock with `medianestctl lock steal`"
                    .into(),
            );
            (Exit::Locked, problem)
        }
        LockError::Engine(e) => engine(e),
    }
}

fn engine(error: &EngineError) -> (Exit, Problem) {
    let exit = match error.kind {
        ErrorKind::Unreachable | ErrorKind::PermissionDenied => Exit::Preflight,
        _ => Exit::Failure,
    };
    let mut problem = blank("engine", exit, error.to_string());
    problem.hints.extend(engine_hint(error.kind));
    (exit, problem)
}

fn no_engine(error: &EngineError) -> Problem {
    let mut problem = blank("engine", Exit::Preflight, error.to_string());
    problem.notes.push(UNCHANGED.into());
    problem.hints.push(match error.kind {
        ErrorKind::Timeout => "restart it with `sudo systemctl restart docker`, or say where it is with `--host`".into(),
        kind => engine_hint(kind).unwrap_or_else(|| "say where the engine is with `--host`, or `docker context ls`".into()),
    });
    problem
}

fn engine_hint(kind: ErrorKind) -> Option<String> {
    Some(
        match kind {
            ErrorKind::Unreachable => "start it with `sudo systemctl start docker`, or say where it is with `--host`",
            ErrorKind::PermissionDenied => "add yourself to its group, `sudo usermod -aG docker $USER`, and log in again",
            ErrorKind::ImageUnavailable => "check the image's name and tag in `medianestctl config --images`, and the registry's credentials with `docker login`",
            ErrorKind::NoSpace => "make room where the engine keeps its data; `docker system df` shows what takes it",
            ErrorKind::AddressInUse => "see who holds it with `medianestctl check`",
            ErrorKind::Timeout => "run the same command again; what was done already is kept",
            ErrorKind::StaleEndpoints => "restart the engine when that suits you, then run the same command again",
            ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::NotRunning | ErrorKind::Refused | ErrorKind::Other => return None,
        }
        .to_owned(),
    )
}

fn evidence(problem: &mut Problem, evidence: &Evidence) {
    if evidence.oom_killed {
        let limit = evidence.memory_limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
        problem.causes.push(format!("the kernel killed it because it used more memory than its limit{limit}"));
    }
    if let Some(output) = &evidence.health_output {
        problem.causes.push(format!("its health check: {}", output.trim_end_matches([':', ' '])));
    }
    if evidence.log.is_empty() {
        problem.details.push("the container has printed nothing".into());
    } else {
        let lines: Vec<_> = evidence.log.iter().map(|line| format!("  {line}")).collect();
        problem.details.push(format!("last log lines:\n{}", lines.join("\n")));
    }
}

fn see_output(service: &ServiceName, undone: &Undone) -> String {
    // What was taken back is kept as a failed container; what was not still runs.
    let failed = if matches!(undone, Undone::Completely(_)) { " --failed" } else { "" };
    format!("see all of its output with `medianestctl logs {service}{failed}`")
}

fn failure(unfinished: &Unfinished) -> (Exit, Problem) {
    let failure = &unfinished.failure;
    let pulling = failure.verb == "pull";
    let exit = match (&failure.error, &failure.undone) {
        (StepError::Cancelled, _) => unfinished.signal.unwrap_or(Exit::Interrupted),
        (StepError::LockLost(_), _) => Exit::Locked,
        (_, Undone::Completely(_)) => Exit::RolledBack,
        (_, Undone::Failed(_)) => Exit::RollbackFailed,
        // Everything is pulled before anything is touched.
        (StepError::Engine(_), Undone::Nothing) if pulling => Exit::Preflight,
        (StepError::Engine(e), Undone::Nothing) if e.kind == ErrorKind::Unreachable && failure.done == 0 => Exit::Preflight,
        _ => Exit::Failure,
    };
    let mut problem = blank("step", exit, format!("cannot {} {}", failure.verb, failure.object));
    match &failure.error {
        StepError::Unhealthy { service, container, why, evidence: seen } => {
            problem.code = "unhealthy";
            problem.message = format!("service `{service}`: container {container} {why}");
            evidence(&mut problem, seen);
            problem.hints.push(see_output(service, &failure.undone));
        }
        StepError::Job { service, container, why, evidence: seen } => {
            problem.code = "job";
            problem.message = format!("job `{service}` failed in container {container}: {why}");
            evidence(&mut problem, seen);
            problem.hints.push(format!("see all of its output with `medianestctl logs {service}`"));
        }
        StepError::Smoke { service, container, error, evidence: seen } => {
            problem.code = "smoke";
            problem.message = format!("service `{service}`: container {container} fails its smoke test");
            problem.causes.push(error.to_string());
            evidence(&mut problem, seen);
            problem.hints.extend(error.hint());
        }
        StepError::Dump { .. } => {
            problem.code = "dump";
            problem.message = failure.error.to_string();
            problem.hints.push("mend that, or go without a way back for the data: `medianestctl update --no-backup`".into());
        }
        StepError::Canary { service, container, why, figures, evidence: seen } => {
            problem.code = "canary";
            problem.message = format!("service `{service}`: the canary {container} {why}");
            problem.causes.extend([format!("the canary: {}", figures.canary), format!("the others: {}", figures.others)]);
            evidence(&mut problem, seen);
            problem.hints.push(see_output(service, &failure.undone));
        }
        StepError::LockLost(lost) => {
            problem.code = "lock_lost";
            problem.message = lost.to_string();
            problem.hints.push(lost.hint());
        }
        StepError::Cancelled => {
            problem.code = "interrupted";
            problem.message = "stopped at your request".into();
        }
        other => {
            problem.causes.push(other.to_string());
            match other {
                StepError::Engine(EngineError { kind: ErrorKind::Timeout, .. }) if pulling => problem
                    .hints
                    .push("see whether the engine's machine reaches the registry, then run the same command again".into()),
                StepError::Engine(e) => problem.hints.extend(engine_hint(e.kind)),
                StepError::Switch(e) => problem.hints.extend(e.hint()),
                _ => {}
            }
        }
    }
    let compared = unfinished.compared.as_ref();
    if !matches!(failure.error, StepError::Cancelled | StepError::LockLost(_)) {
        problem.changes = compared.map(|c| c.changes.clone()).unwrap_or_default();
    }
    problem.causes.extend(failure.others.iter().filter(|o| !o.contains("operator's request")).cloned());
    match &failure.undone {
        Undone::Completely(kept) => {
            let which = compared.map(|c| format!(": {}", c.name())).unwrap_or_default();
            problem.notes.push(format!("what ran before runs again{which}"));
            if !failure.jobs.is_empty() {
                problem.notes.push(format!("{} had begun, and what it did to data is not taken back", failure.jobs.join(", ")));
            }
            if !kept.is_empty() {
                problem.notes.push(format!("kept for inspection: {}", kept.join(", ")));
            }
        }
        Undone::Failed(why) => {
            let which = compared.map(|c| format!(", {},", c.name())).unwrap_or_default();
            problem.notes.push(format!("not everything that ran before{which} could be brought back: {why}"));
            let version = compared.and_then(|c| c.version.as_ref()).map(|version| format!(" {version}")).unwrap_or_default();
            // The site comes first, the culprit after it.
            let hint = "see what runs with `medianestctl status`, then bring back what ran before with `medianestctl deploy";
            problem.hints.insert(0, format!("{hint}{version}`"));
        }
        Undone::Nothing if !(failure.touched || pulling && failure.done > 0) => problem.notes.push(UNCHANGED.into()),
        Undone::Nothing if matches!(failure.error, StepError::LockLost(_)) => {
            problem.notes.push("nothing more was begun and nothing was taken back, because somebody else may be at work".into())
        }
        Undone::Nothing if pulling => problem.notes.push("nothing was changed; images that were pulled are kept".into()),
        Undone::Nothing => {
            problem.notes.push(if unfinished.destroys {
                "what was done so far stays done, and data that was removed is gone".into()
            } else {
                "what was done so far is kept, and no data volume was removed".into()
            });
            let first = if matches!(failure.error, StepError::Cancelled) { "" } else { "mend the cause and " };
            problem.hints.push(format!("{first}run `medianestctl {}` again: it goes on from here", unfinished.command));
        }
    }
    (exit, problem)
}

#[cfg(test)]
mod tests;
