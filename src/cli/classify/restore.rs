//! What is told of restores that did not come about.

use super::{UNCHANGED, blank, engine_hint};
use crate::{
    backup::restore::{self, RestoreError, Undone},
    cli::{
        Exit,
        error::{NotChecked, NotRestored},
    },
    ui::Problem,
};

/// What to tell of it, when it is of a restore.
pub fn problem(error: &anyhow::Error) -> Option<(Exit, Problem)> {
    let refused = |exit: Exit, code, message: String, hints: Vec<String>| {
        let mut problem = blank(code, exit, message);
        problem.notes.push(UNCHANGED.into());
        problem.hints = hints;
        problem.hints.dedup();
        Some((exit, problem))
    };
    if let Some(e) = error.downcast_ref::<NotRestored>() {
        Some(not_restored(e))
    } else if let Some(NotChecked { error, signal }) = error.downcast_ref::<NotChecked>() {
        refused(signal.unwrap_or_else(|| exit_of(error)), code_of(error), words(error), error.hint().into_iter().collect())
    } else if let Some(e) = error.downcast_ref::<restore::plan::Refused>() {
        refused(Exit::Preflight, "restore", e.to_string(), e.0.iter().filter_map(restore::plan::Obstacle::hint).collect())
    } else if let Some(e) = error.downcast_ref::<RestoreError>() {
        refused(exit_of(e), code_of(e), words(e), e.hint().into_iter().collect())
    } else {
        None
    }
}

fn exit_of(error: &RestoreError) -> Exit {
    match error {
        _ if error.is_wrong_key() => Exit::WrongKey,
        _ if error.is_damage() => Exit::VerificationFailed,
        RestoreError::Cancelled => Exit::Interrupted,
        RestoreError::LockLost(_) => Exit::Locked,
        _ => Exit::Failure,
    }
}

fn code_of(error: &RestoreError) -> &'static str {
    match error {
        _ if error.is_wrong_key() => "wrong_key",
        _ if error.is_damage() => "damaged",
        RestoreError::Cancelled => "interrupted",
        RestoreError::LockLost(_) => "locked",
        _ => "restore",
    }
}

/// The error with the failure of a step of the services, which says more.
fn words(error: &RestoreError) -> String {
    match error {
        RestoreError::Services(failure) => format!("the services: cannot {} {}: {}", failure.verb, failure.object, failure.error),
        other => other.to_string(),
    }
}

fn not_restored(failed: &NotRestored) -> (Exit, Problem) {
    let failure = &failed.failure;
    let exit = match (&failure.undone, failed.signal) {
        (Undone::Failed(_), _) => Exit::RollbackFailed,
        (_, Some(signal)) => signal,
        (Undone::Completely, None) => Exit::RolledBack,
        (Undone::Untouched | Undone::NotTried, None) => exit_of(&failure.error),
    };
    let mut problem = blank(code_of(&failure.error), exit, format!("cannot {} {}", failure.verb, failure.object));
    problem.causes.push(words(&failure.error));
    let open =
        "see where it is, and go on, with `medianestctl restore --resume`, or take it back with `medianestctl restore rollback`";
    match &failure.undone {
        Undone::Untouched => problem.notes.push("nothing live was touched, and what lay beside it is removed".into()),
        Undone::Completely => problem.notes.push("the data is what it was before, and the services run".into()),
        Undone::Failed(second) => {
            problem.notes.push(format!("it could not be taken back: {}", words(second)));
            problem.hints.extend(second.hint());
            problem.hints.push(open.into());
        }
        Undone::NotTried => {
            problem.notes.push("nothing was taken back, because that could not be written down".into());
            problem.hints.push(open.into());
        }
    }
    problem.hints.extend(failure.error.hint());
    if let RestoreError::Engine(error) = &failure.error {
        problem.hints.extend(engine_hint(error.kind));
    }
    problem.hints.dedup();
    (exit, problem)
}
