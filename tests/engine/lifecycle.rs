//! From the start of a container to its end.

use std::time::Duration;

use medianestctl::engine::ErrorKind;
use medianestctl::model::{Bytes, ContainerState, RestartPolicy};
use tokio::time::{Instant, timeout};

use crate::support::{Lab, Program};

const GRACE: Duration = Duration::from_secs(20);

fn exited(exit_code: i64) -> ContainerState {
    ContainerState::Exited { exit_code, oom_killed: false }
}

pub(crate) async fn starting_again_is_fine(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let before = lab.inspect(&name).await;
    lab.engine().start(&name).await.unwrap();
    let after = lab.inspect(&name).await;
    assert_eq!((after.state, after.started_at), (ContainerState::Running { paused: false }, before.started_at));
    let missing = lab.engine().start(&lab.name("nobody")).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::NotFound);
}

pub(crate) async fn stopping_again_is_fine(lab: &Lab) {
    let spec = lab.spec(Program::Serve);
    lab.create(&spec).await;
    lab.engine().stop(&spec.name, GRACE).await.unwrap();
    assert_eq!(lab.inspect(&spec.name).await.state, ContainerState::Created);
    lab.engine().start(&spec.name).await.unwrap();
    for _ in 0..2 {
        lab.engine().stop(&spec.name, GRACE).await.unwrap();
    }
    assert!(!lab.inspect(&spec.name).await.state.is_running());
    let missing = lab.engine().stop(&lab.name("nobody"), GRACE).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::NotFound);
}

pub(crate) async fn a_handler_decides_the_exit_code(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    // Only once it speaks has it set its handler.
    crate::logs::until_said(lab, &name, "ready").await;
    let began = Instant::now();
    lab.engine().stop(&name, GRACE).await.unwrap();
    assert!(began.elapsed() < GRACE);
    assert_eq!(lab.inspect(&name).await.state, exited(3));
}

pub(crate) async fn who_ignores_the_signal_is_killed_after_the_grace_period(lab: &Lab) {
    let name = lab.running(Program::Stubborn).await;
    let began = Instant::now();
    lab.engine().stop(&name, Duration::from_millis(700)).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(700));
    assert_eq!(lab.inspect(&name).await.state, exited(137));
}

pub(crate) async fn waiting_gives_the_exit_code(lab: &Lab) {
    for code in [0, 3] {
        let name = lab.running(Program::Exit(code)).await;
        assert_eq!(lab.engine().wait(&name).await.unwrap(), code);
        assert_eq!(lab.engine().wait(&name).await.unwrap(), code, "also afterwards");
        assert_eq!(lab.inspect(&name).await.state, exited(code));
    }
    let spec = lab.spec(Program::Serve);
    lab.create(&spec).await;
    assert_eq!(lab.engine().wait(&spec.name).await.unwrap(), 0, "one that was never started does not run");
    let missing = lab.engine().wait(&lab.name("nobody")).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::NotFound);
}

pub(crate) async fn waiting_lasts_until_the_end(lab: &Lab) {
    let name = lab.running(Program::ExitSoon(5)).await;
    assert!(lab.inspect(&name).await.state.is_running());
    assert_eq!(lab.engine().wait(&name).await.unwrap(), 5);
    // And until a stop by somebody else.
    let name = lab.running(Program::Serve).await;
    crate::logs::until_said(lab, &name, "ready").await;
    let (code, stopped) = tokio::join!(lab.engine().wait(&name), lab.engine().stop(&name, GRACE));
    stopped.unwrap();
    assert_eq!(code.unwrap(), 3);
}

pub(crate) async fn a_frozen_container_goes_on_when_it_is_let(lab: &Lab) {
    let spec = lab.spec(Program::Stubborn);
    lab.create(&spec).await;
    let engine = lab.engine();
    assert_eq!(engine.pause(&spec.name).await.unwrap_err().kind, ErrorKind::NotRunning);
    engine.unpause(&spec.name).await.unwrap();
    engine.start(&spec.name).await.unwrap();
    for _ in 0..2 {
        engine.pause(&spec.name).await.unwrap();
        assert_eq!(lab.inspect(&spec.name).await.state, ContainerState::Running { paused: true });
    }
    let none = engine.exec(&spec.name, &["true".into()], GRACE).await;
    assert_eq!(none.unwrap_err().kind, ErrorKind::Conflict, "frozen containers begin nothing");
    for _ in 0..2 {
        engine.unpause(&spec.name).await.unwrap();
        assert_eq!(lab.inspect(&spec.name).await.state, ContainerState::Running { paused: false });
    }
    let nobody = lab.name("nobody");
    assert_eq!(engine.pause(&nobody).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(engine.unpause(&nobody).await.unwrap_err().kind, ErrorKind::NotFound);
}

pub(crate) async fn a_signal_needs_a_running_container(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    assert_eq!(lab.engine().kill(&name, "NONSENSE").await.unwrap_err().kind, ErrorKind::Other);
    lab.engine().kill(&name, "WINCH").await.unwrap();
    assert!(lab.inspect(&name).await.state.is_running());
    lab.engine().kill(&name, "SIGKILL").await.unwrap();
    assert_eq!(lab.engine().wait(&name).await.unwrap(), 137);
    assert_eq!(lab.engine().kill(&name, "HUP").await.unwrap_err().kind, ErrorKind::NotRunning);
    assert_eq!(lab.engine().kill(&lab.name("nobody"), "HUP").await.unwrap_err().kind, ErrorKind::NotFound);
}

pub(crate) async fn too_much_memory_is_told_apart(lab: &Lab) {
    let mut spec = lab.spec(Program::Eat);
    spec.resources.memory = Some(Bytes::mib(16));
    lab.run(&spec).await;
    assert_eq!(lab.engine().wait(&spec.name).await.unwrap(), 137);
    let seen = lab.until(&spec.name, |c| !c.state.is_running()).await;
    assert_eq!(seen.state, ContainerState::Exited { exit_code: 137, oom_killed: true });
}

pub(crate) async fn failures_are_restarted_and_counted(lab: &Lab) {
    let mut spec = lab.spec(Program::Exit(3));
    spec.restart = RestartPolicy::OnFailure(Some(2));
    lab.run(&spec).await;
    let seen = lab.until(&spec.name, |c| c.restart_count == 2 && c.state == exited(3)).await;
    assert!(seen.started_at.is_some());
    let mut good = lab.spec(Program::Exit(0));
    good.restart = RestartPolicy::OnFailure(None);
    lab.run(&good).await;
    assert_eq!(lab.engine().wait(&good.name).await.unwrap(), 0);
    assert_eq!(lab.inspect(&good.name).await.restart_count, 0, "success is no reason to start again");
}

pub(crate) async fn a_stop_ends_the_restarts(lab: &Lab) {
    let mut spec = lab.spec(Program::Exit(3));
    spec.restart = RestartPolicy::Always;
    lab.run(&spec).await;
    lab.until(&spec.name, |c| c.restart_count >= 2).await;
    let wait = timeout(Duration::from_millis(100), lab.engine().wait(&spec.name)).await;
    assert!(wait.is_err(), "between two runs it has not ended: {wait:?}");
    lab.engine().stop(&spec.name, GRACE).await.unwrap();
    assert_eq!(lab.engine().wait(&spec.name).await.unwrap(), 3);
    assert_eq!(lab.inspect(&spec.name).await.state, exited(3));
}

pub(crate) async fn each_start_has_its_time(lab: &Lab) {
    let spec = lab.spec(Program::Stubborn);
    lab.create(&spec).await;
    assert_eq!(lab.inspect(&spec.name).await.started_at, None);
    lab.engine().start(&spec.name).await.unwrap();
    let first = lab.inspect(&spec.name).await.started_at;
    lab.engine().stop(&spec.name, Duration::ZERO).await.unwrap();
    assert_eq!(lab.inspect(&spec.name).await.started_at, first, "a stop does not change it");
    lab.engine().start(&spec.name).await.unwrap();
    assert!(lab.inspect(&spec.name).await.started_at > first);
}

pub(crate) async fn a_running_container_has_processes(lab: &Lab) {
    let spec = lab.spec(Program::Serve);
    lab.create(&spec).await;
    assert_eq!(lab.engine().processes(&spec.name).await.unwrap_err().kind, ErrorKind::NotRunning);
    let missing = lab.engine().processes(&lab.name("nobody")).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::NotFound);
    lab.engine().start(&spec.name).await.unwrap();
    let before = lab.engine().processes(&spec.name).await.unwrap();
    assert!(!before.is_empty() && before.iter().all(|p| p.pid > 0 && !p.command.is_empty()), "{before:?}");
    let again = lab.engine().processes(&spec.name).await.unwrap();
    assert_eq!(again[0], before[0], "the first process stays the same");
    lab.engine().stop(&spec.name, GRACE).await.unwrap();
    assert_eq!(lab.engine().processes(&spec.name).await.unwrap_err().kind, ErrorKind::NotRunning);
    lab.engine().start(&spec.name).await.unwrap();
    let other = lab.engine().processes(&spec.name).await.unwrap();
    assert_ne!(other[0].pid, before[0].pid, "another start is another process");
}

pub(crate) async fn restarts_can_be_stopped_and_allowed(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    for policy in [RestartPolicy::UnlessStopped, RestartPolicy::OnFailure(Some(3)), RestartPolicy::No, RestartPolicy::No] {
        lab.engine().set_restart(&name, policy).await.unwrap();
        assert_eq!(lab.inspect(&name).await.restart, policy);
    }
    let missing = lab.engine().set_restart(&lab.name("nobody"), RestartPolicy::No).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::NotFound);
    // Stopped containers take it too: what is kept for later must not come up by itself.
    lab.engine().stop(&name, GRACE).await.unwrap();
    lab.engine().set_restart(&name, RestartPolicy::Always).await.unwrap();
    let seen = lab.inspect(&name).await;
    assert_eq!((seen.restart, seen.state.is_running()), (RestartPolicy::Always, false));
}
