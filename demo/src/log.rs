//! Where lines go, and how errors read in them: JSON log lines of a server to stdout, plain words of a command to stdout, complaints to stderr.
//!
//! A closed pipe is no reason to stop serving, so failed writes are dropped.

use std::error::Error;
use std::io::Write;

/// An error with everything that caused it: the interesting part is often the last.
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the database cannot answer")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn an_error_reads_from_the_outside_in() {
        let cause = "x".parse::<u8>().unwrap_err();
        assert_eq!(describe(&Outer(cause)), "the database cannot answer: invalid digit found in string");
    }
}
