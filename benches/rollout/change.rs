//! One run of the program, and when each of its steps began and ended.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{interrupt, support::Site};

/// A finished step.
pub struct Step {
    /// What was done.
    pub verb: String,
    /// To what.
    pub object: String,
    /// Why.
    pub cause: String,
    /// When it ended, from the run's begin.
    pub end: Duration,
    /// How long it took, as the program says.
    pub took: Duration,
}

/// A run.
pub struct Change {
    /// From the start of the process to its end.
    pub took: Duration,
    /// Its steps, as they ended.
    pub steps: Vec<Step>,
}

/// Runs the program, which must succeed.
pub fn run(site: &Site, args: &[&str]) -> Change {
    interrupt::check();
    let begin = Instant::now();
    let mut command = site.place.command(&[&["--json"], args].concat());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let complaints = thread::spawn(move || {
        let mut text = String::new();
        let _ = err.read_to_string(&mut text);
        text
    });
    let lines: Vec<(Duration, String)> =
        BufReader::new(out).lines().map_while(Result::ok).map(|line| (begin.elapsed(), line)).collect();
    let status = child.wait().unwrap();
    let took = begin.elapsed();
    let last = lines.last().map_or("", |(_, line)| line);
    assert!(status.success(), "{args:?} ended with {status}: {}\n{last}", complaints.join().unwrap());
    let events: Vec<(Duration, Value)> = lines.iter().map(|(at, line)| (*at, serde_json::from_str(line).unwrap())).collect();
    let of_kind = |kind: &'static str| events.iter().filter(move |(_, event)| event["event"] == kind);
    let steps = of_kind("step_finished").map(|(end, event)| {
        let started = of_kind("step_started").find(|(_, e)| e["step"] == event["step"]).map(|(_, e)| e);
        let text = |key: &str| started.and_then(|e| e[key].as_str()).unwrap_or_default().to_owned();
        let took = Duration::from_millis(event["milliseconds"].as_u64().unwrap_or(0));
        Step { verb: text("verb"), object: text("object"), cause: text("cause"), end: *end, took }
    });
    Change { took, steps: steps.collect() }
}
