//! What the errors of backups become.

use super::{UNCHANGED, blank, causes};
use crate::backup::{
    catalog::OpenError,
    export::ExportError,
    keyring::KeyringError,
    plan::{Obstacle, Refused},
    schedule::NotInstalled,
    sink::{SinkError, SinkErrorKind},
    target::NoSuchTarget,
    verified::VerifiedError,
    verify::VerifyError,
};
use crate::cli::{Exit, error::NotBackedUp};
use crate::ui::Problem;

/// What to tell of an error of backups, and how to end; none for any other.
pub fn problem(error: &anyhow::Error) -> Option<(Exit, Problem)> {
    if let Some(failed) = error.downcast_ref::<NotBackedUp>() {
        return Some(not_backed_up(failed));
    }
    if let Some(refused) = error.downcast_ref::<Refused>() {
        let mut problem = blank("backup", Exit::Preflight, refused.to_string());
        problem.notes.push(UNCHANGED.into());
        problem.hints = refused.0.iter().filter_map(Obstacle::hint).collect();
        return Some((Exit::Preflight, problem));
    }
    let (exit, hint, code) = if let Some(e) = error.downcast_ref::<SinkError>() {
        (place(e), e.hint(), "backup_place")
    } else if let Some(e) = error.downcast_ref::<OpenError>() {
        open(e)
    } else if let Some(e) = error.downcast_ref::<VerifyError>() {
        match e {
            VerifyError::Sink(e) => (place(e), e.hint(), "backup_place"),
            VerifyError::WrongKey => (Exit::WrongKey, e.hint(), "wrong_key"),
            _ => (Exit::Failure, e.hint(), "backup"),
        }
    } else if let Some(e) = error.downcast_ref::<ExportError>() {
        match e {
            ExportError::Sink(e) => (place(e), e.hint(), "backup_place"),
            ExportError::Damaged(_) => (Exit::VerificationFailed, e.hint(), "backup_damaged"),
            _ => (Exit::Failure, e.hint(), "backup"),
        }
    } else if let Some(e) = error.downcast_ref::<NoSuchTarget>() {
        (Exit::Usage, Some(e.hint()), "usage")
    } else if let Some(e) = error.downcast_ref::<KeyringError>() {
        (Exit::Configuration, e.hint(), "backup_keys")
    } else if let Some(e) = error.downcast_ref::<NotInstalled>() {
        (Exit::Failure, Some(e.hint().to_owned()), "backup_schedule")
    } else if let Some(e) = error.downcast_ref::<VerifiedError>() {
        (Exit::Failure, e.hint(), "backup")
    } else {
        return None;
    };
    let mut problem = blank(code, exit, error.to_string());
    problem.causes = error.chain().next().map(causes).unwrap_or_default();
    problem.hints.extend(hint);
    if matches!(exit, Exit::Preflight | Exit::Usage | Exit::Configuration) {
        problem.notes.push(UNCHANGED.into());
    }
    Some((exit, problem))
}

/// What is in the way before anything was done is a prerequisite.
fn place(error: &SinkError) -> Exit {
    match error.kind {
        SinkErrorKind::NotFound | SinkErrorKind::Denied | SinkErrorKind::Unreachable => Exit::Preflight,
        SinkErrorKind::Damaged => Exit::VerificationFailed,
        SinkErrorKind::Exists | SinkErrorKind::Full | SinkErrorKind::Locked { .. } | SinkErrorKind::Other => Exit::Failure,
    }
}

fn open(error: &OpenError) -> (Exit, Option<String>, &'static str) {
    match error {
        OpenError::NoSuchSet(_) => (Exit::Usage, error.hint(), "usage"),
        OpenError::Unfinished(_) | OpenError::Refused { .. } => (Exit::VerificationFailed, error.hint(), "backup_damaged"),
        OpenError::Sink(e) => (place(e), e.hint(), "backup_place"),
        OpenError::Key(_) => (Exit::Failure, error.hint(), "backup"),
    }
}

fn not_backed_up(failed: &NotBackedUp) -> (Exit, Problem) {
    let exit = failed.signal.unwrap_or(Exit::Failure);
    let mut problem = blank("backup", exit, failed.error.to_string());
    problem.causes = causes(&failed.error);
    for (name, error) in &failed.targets {
        problem.details.push(format!("target {name}: {error}"));
        problem.hints.extend(error.hint());
    }
    problem.notes.push("there is no new backup; those that there were are as they were".into());
    problem.hints.extend(failed.error.hint());
    problem.hints.dedup();
    (exit, problem)
}
