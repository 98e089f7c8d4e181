//! Commands in containers whose input and output are streams.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use medianestctl::engine::{Command, CommandEvent, EngineError, ErrorKind, Input};
use medianestctl::secret::Secret;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use crate::support::{Lab, Program, mount, words};

const PATIENCE: Duration = Duration::from_secs(20);

fn command(argv: &[&str]) -> Command {
    Command::new(&words(argv), PATIENCE)
}

fn script(script: &str) -> Command {
    command(&["/bin/sh", "-c", script])
}

fn input(pieces: Vec<io::Result<Bytes>>) -> Option<Input> {
    Some(stream::iter(pieces).boxed())
}

/// An input that gives nothing and has no end.
fn silence() -> Input {
    stream::pending().boxed()
}

/// What came, with pieces put together.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    code: Option<i64>,
}

async fn heard(lab: &Lab, name: &str, command: Command) -> Result<Heard, EngineError> {
    let mut heard = Heard::default();
    let mut events = lab.engine().run(name, command);
    while let Some(event) = events.try_next().await? {
        assert_eq!(heard.code, None, "{event:?} after the exit code");
        match event {
            CommandEvent::Stdout(bytes) => heard.stdout.extend_from_slice(&bytes),
            CommandEvent::Stderr(bytes) => heard.stderr.extend_from_slice(&bytes),
            CommandEvent::Exit(code) => heard.code = Some(code),
        }
    }
    assert!(heard.code.is_some(), "neither a code nor an error");
    Ok(heard)
}

pub(crate) async fn the_exit_code_comes_last(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    for code in [0, 7, 255] {
        let heard = heard(lab, &name, script(&format!("echo out; exit {code}"))).await.unwrap();
        assert_eq!(heard, Heard { stdout: b"out\n".to_vec(), stderr: Vec::new(), code: Some(code) });
    }
}

pub(crate) async fn standard_error_stands_apart(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let heard = heard(lab, &name, script("echo one; echo two >&2; echo three; exit 1")).await.unwrap();
    assert_eq!(heard, Heard { stdout: b"one\nthree\n".to_vec(), stderr: b"two\n".to_vec(), code: Some(1) });
}

pub(crate) async fn what_goes_in_comes_out(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let pieces = vec![Ok(Bytes::from_static(b"a\0b")), Ok(Bytes::new()), Ok(Bytes::from_static(b"\xff\n"))];
    let echoed = heard(lab, &name, Command { input: input(pieces), ..command(&["/bin/cat"]) }).await.unwrap();
    assert_eq!((echoed.stdout.as_slice(), echoed.code), (&b"a\0b\xff\n"[..], Some(0)));
    // No input is one that is at its end.
    for input in [None, input(Vec::new())] {
        let nothing = heard(lab, &name, Command { input, ..command(&["/bin/cat"]) }).await.unwrap();
        assert_eq!(nothing, Heard { code: Some(0), ..Heard::default() });
    }
}

pub(crate) async fn much_goes_through_without_loss(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let content: Vec<u8> = (0..20u32 << 20).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
    let expected = Sha256::digest(&content);
    // Pieces longer than what goes to the engine at once, of a length that is no multiple of anything.
    let pieces = content.chunks(300_007).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let mut events = lab.engine().run(&name, Command { input: input(pieces), ..command(&["/bin/cat"]) });
    let (mut digest, mut length, mut code) = (Sha256::new(), 0, None);
    while let Some(event) = events.try_next().await.unwrap() {
        match event {
            CommandEvent::Stdout(bytes) => {
                length += bytes.len();
                digest.update(&bytes);
            }
            CommandEvent::Stderr(bytes) => panic!("{bytes:?}"),
            CommandEvent::Exit(last) => code = Some(last),
        }
    }
    assert_eq!((length, code), (content.len(), Some(0)));
    assert!(digest.finalize() == expected);
}

pub(crate) async fn a_variable_reaches_the_command(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let environment = vec![("PGPASSWORD".to_owned(), Secret::new("hunter2 = $x".to_owned()))];
    let heard = heard(lab, &name, Command { environment, ..script("echo $PGPASSWORD") }).await.unwrap();
    assert_eq!((heard.stdout.as_slice(), heard.code), (&b"hunter2 = $x\n"[..], Some(0)));
}

pub(crate) async fn a_command_has_its_user(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    for (user, uid) in [(None, "0"), (Some("70:71".to_owned()), "70")] {
        let heard = heard(lab, &name, Command { user, ..command(&["/bin/cat", "/proc/self/status"]) }).await.unwrap();
        let status = String::from_utf8(heard.stdout).unwrap();
        let seen = status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().next());
        assert_eq!(seen, Some(uid), "{status}");
    }
}

pub(crate) async fn an_unknown_program_is_an_exit_code(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    for input in [None, input(vec![Ok(Bytes::from_static(b"for nobody"))])] {
        let heard = heard(lab, &name, Command { input, ..command(&["/no-such-program"]) }).await.unwrap();
        assert!(matches!(heard.code, Some(126 | 127)), "{heard:?}");
        let said = [heard.stdout, heard.stderr].concat();
        assert!(String::from_utf8_lossy(&said).contains("no such file"), "{}", said.escape_ascii());
    }
}

pub(crate) async fn a_stream_needs_a_running_container(lab: &Lab) {
    let spec = lab.spec(Program::Serve);
    lab.create(&spec).await;
    let kind = async |name: &str| heard(lab, name, command(&["/bin/cat"])).await.unwrap_err().kind;
    assert_eq!(kind(&spec.name).await, ErrorKind::NotRunning);
    lab.engine().start(&spec.name).await.unwrap();
    lab.engine().stop(&spec.name, PATIENCE).await.unwrap();
    assert_eq!(kind(&spec.name).await, ErrorKind::NotRunning);
    assert_eq!(kind(&lab.name("nobody")).await, ErrorKind::NotFound);
    assert_eq!(kind("no/../name").await, ErrorKind::NotFound);
}

pub(crate) async fn the_end_of_the_container_is_no_success(lab: &Lab) {
    for input in [None, Some(silence())] {
        let name = lab.running(Program::Serve).await;
        let mut events = lab.engine().run(&name, Command { input, ..script("echo begun; sleep 15") });
        // The fake's command reads before it writes.
        if let Ok(first) = tokio::time::timeout(Duration::from_secs(5), events.next()).await {
            assert_eq!(first.unwrap().unwrap(), CommandEvent::Stdout(Bytes::from_static(b"begun\n")));
        }
        lab.engine().kill(&name, "KILL").await.unwrap();
        let last = events.next().await.unwrap();
        assert_eq!(last.unwrap(), CommandEvent::Exit(137));
        assert!(events.next().await.is_none());
    }
}

pub(crate) async fn silence_is_given_up(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let idle = Duration::from_millis(500);
    let quiet = [
        Command { idle, ..script("echo begun; sleep 15") },
        Command { idle, input: Some(silence()), ..command(&["/bin/cat"]) },
        // Its output is at its end, and it is not.
        Command { idle, ..script("exec >/dev/null 2>&1; sleep 15") },
    ];
    for command in quiet {
        let began = Instant::now();
        let error = heard(lab, &name, command).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout, "{error}");
        assert!((idle..Duration::from_secs(10)).contains(&began.elapsed()), "{:?}", began.elapsed());
    }
    // Input that goes on is no silence, though nothing comes out before its end.
    let began = Instant::now();
    let slow = stream::unfold(0, |n| async move {
        sleep(Duration::from_millis(200)).await;
        (n < 5).then(|| (Ok(Bytes::from_static(b"x")), n + 1))
    });
    let held = Command { idle, input: Some(slow.boxed()), ..command(&["/bin/sh", "-c", "cat >/dev/null; exit 4"]) };
    assert_eq!(heard(lab, &name, held).await.unwrap().code, Some(4));
    assert!(began.elapsed() >= Duration::from_secs(1));
}

pub(crate) async fn whoever_reads_slowly_is_waited_for(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let pieces = (0..64).map(|_| Ok(Bytes::from(vec![b'x'; 1 << 16]))).collect();
    let idle = Duration::from_millis(400);
    let mut events = lab.engine().run(&name, Command { idle, input: input(pieces), ..command(&["/bin/cat"]) });
    let first = events.next().await.unwrap().unwrap();
    assert!(matches!(first, CommandEvent::Stdout(_)), "{first:?}");
    sleep(idle * 3).await;
    let rest: Vec<_> = events.try_collect().await.unwrap();
    assert_eq!(rest.last(), Some(&CommandEvent::Exit(0)));
}

pub(crate) async fn a_dropped_stream_leaves_the_command(lab: &Lab) {
    let name = with_file(lab, "/data/before").await;
    let mut events = lab.engine().run(&name, script("echo begun; sleep 1; mv /data/before /data/after; sleep 15"));
    assert_eq!(events.next().await.unwrap().unwrap(), CommandEvent::Stdout(Bytes::from_static(b"begun\n")));
    drop(events);
    until_there(lab, &name, "/data/after").await;
}

pub(crate) async fn an_input_that_fails_is_no_success(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let pieces = vec![Ok(Bytes::from_static(b"half")), Err(io::Error::other("the disk is gone"))];
    let error = heard(lab, &name, Command { input: input(pieces), ..command(&["/bin/cat"]) }).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Other, "{error}");
    assert!(error.message.contains("the disk is gone"), "{error}");
}

async fn with_file(lab: &Lab, path: &str) -> String {
    let (directory, file) = path.rsplit_once('/').unwrap();
    let volume = lab.volume().await;
    let mut spec = lab.spec(Program::Serve);
    spec.mounts = vec![mount(&volume, directory)];
    lab.run(&spec).await;
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, file, io::empty()).unwrap();
    lab.engine().put_archive(&spec.name, directory, archive.into_inner().unwrap()).await.unwrap();
    spec.name
}

async fn until_there(lab: &Lab, name: &str, path: &str) {
    let patience = Instant::now() + PATIENCE;
    while lab.engine().get_archive(name, path).await.unwrap().is_none() {
        assert!(Instant::now() < patience, "{path} is still not there");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The fake's commands see their input only when it is whole: what follows is about commands that read less.
#[tokio::test]
async fn real_commands_that_leave_input_behind_are_no_success() {
    async fn case(lab: &Lab) {
        let name = lab.running(Program::Serve).await;
        let much = || input((0..320).map(|_| Ok(Bytes::from(vec![b'x'; 1 << 16]))).collect());
        let error = heard(lab, &name, Command { input: much(), ..script("exit 0") }).await.unwrap_err();
        // A busy engine 20.10 does not always tell of the end while input waits, and then silence does.
        let silent = |error: &EngineError| error.kind == ErrorKind::Timeout;
        assert!(silent(&error) || error.message.contains("did not take all of its input"), "{error}");
        match heard(lab, &name, Command { input: much(), ..script("exit 3") }).await {
            Ok(failed) => assert_eq!(failed.code, Some(3)),
            Err(error) => assert!(silent(&error), "{error}"),
        }
    }
    crate::support::on_real(|lab| Box::pin(case(lab))).await;
}

#[tokio::test]
async fn real_dropped_streams_end_the_input() {
    async fn case(lab: &Lab) {
        let name = with_file(lab, "/data/before").await;
        let reads = script("echo begun; cat >/dev/null; mv /data/before /data/after");
        let mut events = lab.engine().run(&name, Command { input: Some(silence()), ..reads });
        assert_eq!(events.next().await.unwrap().unwrap(), CommandEvent::Stdout(Bytes::from_static(b"begun\n")));
        drop(events);
        until_there(lab, &name, "/data/after").await;
    }
    crate::support::on_real(|lab| Box::pin(case(lab))).await;
}

#[tokio::test]
async fn real_commands_that_read_nothing_are_sent_little() {
    async fn case(lab: &Lab) {
        let name = lab.running(Program::Serve).await;
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let endless = stream::repeat_with(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Bytes::from(vec![b'x'; 1 << 16]))
        });
        let idle = Duration::from_secs(1);
        let command = Command { idle, input: Some(endless.boxed()), ..script("sleep 15") };
        let error = heard(lab, &name, command).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout, "{error}");
        let taken = taken.load(Ordering::Relaxed);
        assert!((1..64).contains(&taken), "{taken} pieces of 64 KiB");
    }
    crate::support::on_real(|lab| Box::pin(case(lab))).await;
}
