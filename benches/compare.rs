//! Figures side by side with Docker Compose: first deploy, deploy without changes, status, start of the binary, memory.
//!
//! Needs an engine with the demo's images; `make bench` sees to that and gets the peer. Prints ratios, because absolute
//! times belong to a machine; says so where the peer cannot be had. Ends with 1 when a target is missed.
#![allow(clippy::print_stdout, clippy::panic, clippy::expect_used, clippy::unwrap_used, missing_docs)]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

const IMAGES: &str =
    "POSTGRES_IMAGE=medianest-demo/postgres:15\nREDIS_IMAGE=medianest-demo/redis:7\nNGINX_IMAGE=medianest-demo/nginx:1\n";

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What one run of a command took, and its peak memory in KiB.
struct Run {
    seconds: f64,
    peak_kib: u64,
    /// When each line came, and the line.
    lines: Vec<(f64, String)>,
    begin: f64,
    end: f64,
}

fn run(command: &mut Command) -> Run {
    let (begin, start) = (now(), Instant::now());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command can be run");
    let pid = child.id();
    let done = Arc::new(AtomicBool::new(false));
    let watcher = thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let mut peak = 0;
            while !done.load(Ordering::Relaxed) {
                let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
                let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
                peak = line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0).max(peak);
                thread::sleep(Duration::from_millis(5));
            }
            peak
        }
    });
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let lines = output.lines().map_while(Result::ok).map(|line| (now(), line)).collect();
    let status = child.wait().expect("the child can be waited for");
    let seconds = start.elapsed().as_secs_f64();
    done.store(true, Ordering::Relaxed);
    let peak_kib = watcher.join().expect("the watcher ends");
    assert!(status.success(), "{command:?} ended with {status}");
    Run { seconds, peak_kib, lines, begin, end: now() }
}

fn repeat(times: usize, mut command: impl FnMut() -> Command) -> f64 {
    median((0..times).map(|_| run(&mut command()).seconds).collect())
}

struct Ours {
    binary: PathBuf,
    directory: PathBuf,
}

impl Ours {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("-C").arg(&self.directory).args(args);
        command
    }
}

/// Polls the front door every 5 ms until it answers, and returns when that was.
fn watch_door(port: u16) -> thread::JoinHandle<f64> {
    thread::spawn(move || {
        loop {
            if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
                // The engine's proxy accepts before the container can answer, and then waits for whole seconds.
                let limited = stream.set_read_timeout(Some(Duration::from_millis(50)));
                assert!(limited.is_ok());
                let mut answer = [0; 12];
                let asked = stream.write_all(b"GET /health HTTP/1.0\r\n\r\n");
                if asked.is_ok() && stream.read_exact(&mut answer).is_ok() && answer.ends_with(b"200") {
                    return now();
                }
            }
            thread::sleep(Duration::from_millis(5));
        }
    })
}

fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().expect("docker can be run");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn moment(text: &str) -> f64 {
    let time: chrono::DateTime<chrono::Utc> = text.parse().expect("the engine writes RFC 3339");
    time.timestamp_micros() as f64 / 1e6
}

/// When a container printed `words` for the last time, by the engine's clock.
fn said(container: &str, words: &str) -> f64 {
    let log = docker(&["logs", "--timestamps", container]);
    let line = log.lines().rfind(|line| line.contains(words)).expect("the container has said so");
    moment(line.split(' ').next().unwrap_or_default())
}

/// When the wait for, or the run of, `object` was over.
fn over(run: &Run, object: &str) -> f64 {
    let mut number = None;
    for (at, line) in &run.lines {
        let event: Value = serde_json::from_str(line).expect("each line is JSON");
        let verb = event["verb"].as_str().unwrap_or_default();
        if event["event"] == "step_started" && event["object"] == object && matches!(verb, "wait for" | "run") {
            number = event["step"].as_u64();
        }
        if event["event"] == "step_finished" && number.is_some() && event["step"].as_u64() == number {
            return *at;
        }
    }
    panic!("{object} was not waited for")
}

/// The seconds between a link of the slowest chain being ready in fact and the tool knowing it.
fn chain(project: &str, run: &Run, door: f64) -> Vec<(String, f64)> {
    let container = |service: &str| format!("container {project}-{service}");
    let finished = docker(&["inspect", "--format", "{{.State.FinishedAt}}", &format!("{project}-migrate-1")]);
    let back_ends = ["backend-1", "backend-2"].map(|b| (over(run, &container(b)), said(&format!("{project}-{b}"), "listening")));
    let known = back_ends.iter().map(|b| b.0).fold(0.0, f64::max);
    let ready = back_ends.iter().map(|b| b.1).fold(0.0, f64::max);
    vec![
        (
            "postgres".into(),
            over(run, &container("postgres-1")) - said(&format!("{project}-postgres-1"), "ready to accept connections"),
        ),
        ("migrate".into(), over(run, &container("migrate-1")) - moment(finished.trim())),
        ("backend".into(), known - ready),
        ("nginx".into(), over(run, &container("nginx-1")) - door),
    ]
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port is free").port()
}

fn report(name: &str, ours: f64, peer: Option<f64>, target: &str, met: Option<bool>, missed: &mut bool) {
    let peer_text = peer.map_or_else(|| "-".to_owned(), |p| format!("{p:.3} s"));
    let ratio = peer.map_or_else(|| "-".to_owned(), |p| format!("{:.3}", ours / p));
    let verdict = match met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "no peer",
    };
    *missed |= met == Some(false);
    println!("{name:<38} {:>11} {peer_text:>11} {ratio:>7}  {target:<38} {verdict}", format!("{ours:.3} s"));
}

fn main() {
    // `cargo bench` passes flags that are not for this program.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_medianestctl"));
    let project = format!("medianest-bench-{}", std::process::id());
    let directory = tempfile::tempdir().expect("a directory can be made");
    let ours = Ours { binary, directory: directory.path().join("ours") };
    let port = free_port();
    let init = ["-p", &project, "init", "--non-interactive", "--bind", "127.0.0.1", "--http-port", &port.to_string()];
    run(&mut ours.command(&init));
    let env_file = ours.directory.join(".env");
    let text = fs::read_to_string(&env_file).expect("init has made it");
    fs::write(&env_file, text + IMAGES).expect("it can be written");

    let mut missed = false;
    let mut firsts = Vec::new();
    let mut chains = Vec::new();
    for _ in 0..3 {
        let door = watch_door(port);
        let run_of_deploy = run(&mut ours.command(&["--json", "deploy"]));
        let door = door.join().expect("the watcher ends");
        chains.push(chain(&project, &run_of_deploy, door));
        firsts.push(run_of_deploy);
        if firsts.len() < 3 {
            run(&mut ours.command(&["down", "--volumes", "--yes"]));
        }
    }
    let first = median(firsts.iter().map(|r| r.seconds).collect());
    let peak = firsts.iter().map(|r| r.peak_kib).max().unwrap_or(0) as f64 / 1024.0;
    let noop = repeat(10, || ours.command(&["deploy"]));
    let status = repeat(20, || ours.command(&["status"]));
    let version = repeat(20, || ours.command(&["--version"]));

    let peer = peer(root, &ours, directory.path());
    run(&mut ours.command(&["down", "--volumes", "--yes"]));

    println!("\n{:<38} {:>11} {:>11} {:>7}  target", "", "ours", "peer", "ratio");
    let by = |factor: f64, value: f64, peer: Option<f64>| peer.map(|peer| value <= factor * peer);
    let p = peer.as_ref();
    report(
        "first deploy, images present",
        first,
        p.map(|p| p.up),
        "<= 0.10 x compose up -d --wait",
        by(0.10, first, p.map(|p| p.up)),
        &mut missed,
    );
    let noop_met = Some(noop <= 0.25 || p.is_some_and(|p| noop <= 0.25 * p.noop));
    report("deploy without changes", noop, p.map(|p| p.noop), "<= 0.25 s or 0.25 x compose up -d", noop_met, &mut missed);
    report("status", status, p.map(|p| p.ps), "<= 0.5 x compose ps", by(0.5, status, p.map(|p| p.ps)), &mut missed);
    report("--version", version, None, "<= 0.010 s", Some(version <= 0.010), &mut missed);
    let met = peak <= 40.0;
    missed |= !met;
    println!(
        "{:<38} {peak:>7.1} MiB {:>11} {:>7}  {:<38} {}",
        "peak memory of the first deploy",
        "-",
        "-",
        "<= 40 MiB",
        if met { "met" } else { "MISSED" }
    );

    println!("\nFirst deploys against their slowest chain: what the tool knew later than it was so");
    for (deploy, chain) in firsts.iter().zip(&chains) {
        let late: f64 = chain.iter().map(|(_, seconds)| seconds.max(0.0)).sum();
        let took = deploy.end - deploy.begin;
        let ratio = took / (took - late);
        let links: Vec<_> = chain.iter().map(|(name, s)| format!("{name} {:.0} ms", s * 1000.0)).collect();
        let met = ratio <= 1.2;
        missed |= !met;
        println!(
            "  {took:.2} s, chain ready in fact after {:.2} s: ratio {ratio:.2} ({}), target <= 1.2: {}",
            took - late,
            links.join(", "),
            if met { "met" } else { "MISSED" }
        );
    }
    if peer.is_none() {
        println!("\nDocker Compose v2 cannot be had here: nothing was measured beside it.");
    }
    std::process::exit(i32::from(missed));
}

struct Peer {
    up: f64,
    noop: f64,
    ps: f64,
}

/// The same files under Docker Compose, with secrets that the containers' users can read: it mounts the files as they
/// are.
fn peer(root: &Path, ours: &Ours, scratch: &Path) -> Option<Peer> {
    let found = Command::new(root.join("tests/peer.sh")).output().expect("the script can be run");
    if !found.status.success() {
        return None;
    }
    let config = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let directory = scratch.join("peer");
    let copied = Command::new("cp").arg("-r").arg(&ours.directory).arg(&directory).status().expect("cp can be run");
    assert!(copied.success());
    let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(&directory).arg(scratch).status().expect("chmod can be run");
    assert!(opened.success());
    let project = format!("medianest-peer-{}", std::process::id());
    let port = free_port().to_string();
    let compose = |args: &[&str]| {
        let mut command = Command::new("docker");
        command.args(["compose", "-p", &project]).args(args).current_dir(&directory);
        command.env("DOCKER_CONFIG", &config).env("HTTP_PORT", &port).env("MEDIANEST_NETWORK", format!("{project}_network"));
        command
    };
    println!("docker compose up -d --wait: this takes about a minute and a half");
    let up = run(&mut compose(&["up", "-d", "--wait"])).seconds;
    let noop = repeat(3, || compose(&["up", "-d"]));
    let ps = repeat(10, || compose(&["ps"]));
    run(&mut compose(&["down", "--volumes"]));
    Some(Peer { up, noop, ps })
}
