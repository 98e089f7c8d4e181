//! Where lines go: JSON log lines of a server to stdout, plain words of a command to stdout, complaints to stderr.
//!
//! A closed pipe is no reason to stop serving, so failed writes are dropped.

use std::io::Write;

/// One log line of a server, in the shape that the application's own logger writes.
pub(crate) fn info(service: &str, message: &str) {
    record("info", service, message);
}

pub(crate) fn error(service: &str, message: &str) {
    record("error", service, message);
}

fn record(level: &str, service: &str, message: &str) {
    say(&serde_json::json!({ "level": level, "service": service, "message": message }).to_string());
}

/// A plain line to stdout.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A plain line to stderr.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
