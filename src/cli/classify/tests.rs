//! The screens of an update that was no good: what happened, what serves now, what to do next.

use std::time::Duration;

use insta::{assert_json_snapshot, assert_snapshot};

use super::*;
use crate::cli::compared::Compared;
use crate::execute::Failure;
use crate::plan::StepId;
use crate::ui::{Color, Format, Ui, UiOptions, Verbosity};

const CONTAINER: &str = "medianest-backend-1-next";

fn ui() -> Ui {
    let (format, verbosity, color) = (Format::Human, Verbosity::Normal, Color::Never);
    Ui::new(UiOptions { format, verbosity, color, no_color: true, non_interactive: true, yes: false, dumb: true })
}

fn update(why: &str, evidence: Evidence, undone: Undone) -> Unfinished {
    let error = StepError::Unhealthy {
        service: "backend".parse().unwrap(),
        container: CONTAINER.into(),
        why: why.into(),
        evidence: Box::new(evidence),
    };
    let changes = vec![
        "backend: image medianest/backend:v1.0.0 becomes medianest/backend:v1.1.0; memory limit 1 GiB becomes 64 MiB".into(),
        "frontend: image medianest/frontend:v1.0.0 becomes medianest/frontend:v1.1.0".into(),
    ];
    Unfinished {
        command: "update",
        destroys: false,
        signal: None,
        compared: Some(Compared { release: 7, version: Some("v1.0.0".into()), changes }),
        failure: Box::new(Failure {
            step: StepId(0),
            verb: "wait for",
            object: format!("container {CONTAINER}"),
            error,
            others: Vec::new(),
            undone,
            done: 12,
            touched: true,
            jobs: Vec::new(),
            migrated: false,
            serves: false,
            took: Duration::from_secs(42),
        }),
    }
}

fn kept() -> Undone {
    Undone::Completely(vec!["medianest-backend-1-failed".into()])
}

fn out_of_memory(undone: Undone) -> Unfinished {
    let evidence = Evidence {
        health_output: Some("exit code 7: curl: (7) Failed to connect to localhost port 4000".into()),
        log: Vec::new(),
        oom_killed: true,
        memory_limit: Some(crate::model::Bytes::mib(64)),
        exit_code: Some(137),
    };
    update("keeps crashing (3 restarts, the last time with exit code 137)", evidence, undone)
}

/// What a person is shown, on a screen of 24 lines with room for the next prompt.
#[track_caller]
fn screen(unfinished: Unfinished, exit: Exit) -> String {
    let (code, problem) = problem(&unfinished.into());
    assert_eq!((code, problem.exit_code), (exit, exit as u8));
    let text = problem.text(&ui());
    assert!(text.lines().count() < 24, "{text}");
    text
}

#[test]
fn never_healthy() {
    let log = (1..=10).map(|n| format!("{{\"level\":\"info\",\"message\":\"line {n}\"}}")).collect();
    let health_output = Some("exit code 22: curl: (22) The requested URL returned error: 500".into());
    let evidence = Evidence { health_output, log, ..Evidence::default() };
    assert_snapshot!(screen(update("did not become healthy within 150 s", evidence, kept()), Exit::RolledBack));
}

#[test]
fn killed_for_its_memory() {
    assert_snapshot!(screen(out_of_memory(kept()), Exit::RolledBack));
}

#[test]
fn killed_for_its_memory_as_a_machine_is_told() {
    assert_json_snapshot!(problem(&out_of_memory(kept()).into()).1);
}

#[test]
fn crashed_while_it_was_watched() {
    let log = vec!["FAULT: panicked at 20 s".into()];
    let evidence = Evidence { log, ..Evidence::default() };
    let why = "was healthy and did not stay up for 30 s: it ended, and the engine has started it again";
    let mut unfinished = update(why, evidence, kept());
    unfinished.failure.jobs = vec!["medianest-migrate-1-next".into()];
    assert_snapshot!(screen(unfinished, Exit::RolledBack));
}

#[test]
fn what_ran_before_does_not_come_back() {
    let undone = Undone::Failed("start container medianest-frontend-1: no space left on device".into());
    assert_snapshot!(screen(out_of_memory(undone), Exit::RollbackFailed));
}
