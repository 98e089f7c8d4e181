//! Commands in containers.

use std::time::Duration;

use medianestctl::engine::ErrorKind;
use tokio::time::Instant;

use crate::support::{Lab, Program, mount, words};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn a_command_gives_output_and_exit_code(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let run = async |script: &str| lab.engine().exec(&name, &words(&["/bin/sh", "-c", script]), PATIENCE).await.unwrap();
    let good = run("echo one; echo two >&2; exit 0").await;
    assert_eq!(good.code, 0);
    // The two streams may overtake each other.
    assert!(["one\ntwo", "two\none"].contains(&good.text().as_str()), "{:?}", good.text());
    assert_eq!(run("exit 7").await.code, 7);
    assert_eq!(run("exit 0").await.output, b"");
}

pub(crate) async fn a_command_that_does_not_end_times_out(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let began = Instant::now();
    let error = lab.engine().exec(&name, &words(&["/bin/sleep", "30"]), Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout, "{error}");
    assert!((Duration::from_millis(500)..Duration::from_secs(15)).contains(&began.elapsed()));
    assert!(lab.inspect(&name).await.state.is_running());
}

pub(crate) async fn a_command_needs_a_running_container(lab: &Lab) {
    let spec = lab.spec(Program::Serve);
    lab.create(&spec).await;
    let run = async |name: &str| lab.engine().exec(name, &words(&["/bin/cat"]), PATIENCE).await.unwrap_err().kind;
    assert_eq!(run(&spec.name).await, ErrorKind::NotRunning);
    lab.engine().start(&spec.name).await.unwrap();
    lab.engine().stop(&spec.name, PATIENCE).await.unwrap();
    assert_eq!(run(&spec.name).await, ErrorKind::NotRunning);
    assert_eq!(run(&lab.name("nobody")).await, ErrorKind::NotFound);
}

pub(crate) async fn an_unknown_command_is_an_exit_code(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let output = lab.engine().exec(&name, &words(&["/no-such-program"]), PATIENCE).await.unwrap();
    assert!(matches!(output.code, 126 | 127), "{output:?}");
    assert!(output.text().contains("no such file"), "{}", output.text());
}

pub(crate) async fn long_output_is_cut(lab: &Lab) {
    let volume = lab.volume().await;
    let mut spec = lab.spec(Program::Serve);
    spec.mounts = vec![mount(&volume, "/data")];
    lab.run(&spec).await;
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1 << 20);
    header.set_mode(0o644);
    archive.append_data(&mut header, "long", vec![b'x'; 1 << 20].as_slice()).unwrap();
    lab.engine().put_archive(&spec.name, "/data", archive.into_inner().unwrap()).await.unwrap();
    let output = lab.engine().exec(&spec.name, &words(&["/bin/cat", "/data/long"]), PATIENCE).await.unwrap();
    assert_eq!((output.code, output.output.len()), (0, 64 * 1024));
}
