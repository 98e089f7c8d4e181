//! A run of the program that goes on while the test looks at it.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread::{self, JoinHandle},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{LIMIT, Ran, until};

/// The run. It is killed when the test loses it.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: String,
    err: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts `command`.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let err = thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        Self { child, lines, seen: String::new(), err: Some(err) }
    }

    /// Waits for an event (of `--json`) of this kind that a step on `object` has caused.
    #[track_caller]
    pub fn wait_for(&mut self, event: &str, verb: &str, object: &str) {
        loop {
            let line = self.line();
            let value: Value = serde_json::from_str(&line).unwrap();
            // After the end there is nothing to wait for.
            assert!(value["event"] != "error", "no event {event} {verb} {object}: {line}");
            if value["event"] == event && value["verb"] == verb && value["object"] == object {
                return;
            }
        }
    }

    /// Waits for the next line of standard output.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let line = self.lines.recv_timeout(LIMIT).expect("a line");
        self.seen.push_str(&line);
        self.seen.push('\n');
        line
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is over by now.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the end.
    #[track_caller]
    pub fn end(mut self) -> Ran {
        let mut status = None;
        until("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let mut out = std::mem::take(&mut self.seen);
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            out.push_str(&line);
            out.push('\n');
        }
        let err = self.err.take().map(|reader| reader.join().unwrap()).unwrap_or_default();
        Ran { code: status.and_then(|s| s.code()).unwrap_or(-1), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
