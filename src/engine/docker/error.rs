//! What the engine's answers mean: bollard's errors into the kinds that callers tell apart.
//!
//! Owns the texts by which engines name a failure. Refuses to guess: what is not recognised is `ErrorKind::Other`.

use std::{error::Error as StdError, io, iter};

use bollard::errors::Error;

use crate::engine::{EngineError, ErrorKind};

/// A failed call, classified, with everything that its sources say on one line.
pub(super) fn failed(action: impl Into<String>, error: &Error) -> EngineError {
    EngineError::new(kind_of(error), action, text_of(error))
}

/// The same for a pull: what the engine reports about a registry is the image being unavailable, not the engine.
pub(super) fn pull_failed(action: impl Into<String>, error: &Error) -> EngineError {
    let kind = match (error, kind_of(error)) {
        (_, kind @ (ErrorKind::NoSpace | ErrorKind::Timeout)) => kind,
        (Error::DockerResponseServerError { status_code: 400, .. }, kind) => kind,
        (Error::DockerResponseServerError { .. } | Error::DockerStreamError { .. }, _) => ErrorKind::ImageUnavailable,
        (_, kind) => kind,
    };
    EngineError::new(kind, action, text_of(error))
}

/// The call took longer than it may.
pub(super) fn timed_out(action: impl Into<String>, limit: std::time::Duration) -> EngineError {
    EngineError::new(ErrorKind::Timeout, action, format!("no answer within {} s", limit.as_secs_f64()))
}

/// Whether the engine says that there is no such object.
pub(super) fn is_not_found(error: &Error) -> bool {
    kind_of(error) == ErrorKind::NotFound
}

/// Takes `values` out of the error's text: an engine may quote what it was sent, environment included.
pub(super) fn redacted<'a>(mut error: EngineError, values: impl Iterator<Item = &'a str>) -> EngineError {
    // Longest first, so that a value inside another one does not leave the rest of it behind.
    let mut values: Vec<&str> = values.filter(|v| v.len() > 2 && error.message.contains(v)).collect();
    values.sort_by_key(|v| std::cmp::Reverse(v.len()));
    for value in values {
        error.message = error.message.replace(value, "***");
    }
    error
}

fn kind_of(error: &Error) -> ErrorKind {
    match error {
        Error::DockerResponseServerError { status_code, message } => kind_of_answer(*status_code, message),
        Error::DockerStreamError { error } => kind_of_answer(500, error),
        Error::RequestTimeoutError => ErrorKind::Timeout,
        Error::SocketNotFoundError(_) => ErrorKind::Unreachable,
        // Nothing here waits on files: every I/O failure is the connection's.
        Error::HyperLegacyError { .. } | Error::HyperResponseError { .. } | Error::IOError { .. } => kind_of_connection(error),
        _ => ErrorKind::Other,
    }
}

fn kind_of_connection(error: &Error) -> ErrorKind {
    let denied =
        chain(inner(error)).filter_map(|e| e.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::PermissionDenied);
    if denied { ErrorKind::PermissionDenied } else { ErrorKind::Unreachable }
}

fn kind_of_answer(status: u16, message: &str) -> ErrorKind {
    let text = message.to_lowercase();
    let says = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
    if says(&["no space left on device", "disk quota exceeded"]) {
        ErrorKind::NoSpace
    } else if says(&[
        "port is already allocated",
        "address already in use",
        "pool overlaps",
        "overlaps with existing",
        "overlapping ipv4",
    ]) {
        ErrorKind::AddressInUse
    } else if says(&["is not running", "is restarting, wait until", "cannot exec in a stopped"]) {
        ErrorKind::NotRunning
    // A container that is removed at this moment.
    } else if status == 404 || says(&["rwlayer of container"]) {
        ErrorKind::NotFound
    } else if status == 409 || says(&["active endpoints", "already exists"]) {
        ErrorKind::Conflict
    } else if status == 401 || says(&["authorization denied"]) {
        ErrorKind::PermissionDenied
    } else {
        ErrorKind::Other
    }
}

/// The error behind bollard's own, for those variants that hand on their source's source instead of their source.
fn inner(error: &Error) -> &(dyn StdError + 'static) {
    match error {
        Error::IOError { err } => err,
        Error::HyperResponseError { err } => err,
        Error::HyperLegacyError { err } => err,
        other => other,
    }
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |e: &&'a (dyn StdError + 'static)| (*e).source())
}

fn text_of(error: &Error) -> String {
    // The answer's own words read better without bollard's "Docker responded with status code".
    let mut text = match error {
        Error::DockerResponseServerError { status_code, message } if message.trim().is_empty() => {
            format!("the engine answered with status {status_code}")
        }
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::DockerStreamError { error } => error.clone(),
        other => {
            let mut text = String::new();
            for part in chain(inner(other)).map(ToString::to_string) {
                // Many wrappers repeat what they wrap.
                if !text.contains(&part) {
                    if !text.is_empty() {
                        text.push_str(": ");
                    }
                    text.push_str(&part);
                }
            }
            text
        }
    };
    if text.contains(['\n', '\r']) {
        text = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status_code: u16, message: &str) -> Error {
        Error::DockerResponseServerError { status_code, message: message.into() }
    }

    #[test]
    fn answers_of_engines_have_their_kinds() {
        use ErrorKind::*;
        for (status, message, kind) in [
            (404, "No such container: x", NotFound),
            (404, "network x not found", NotFound),
            (409, "Conflict. The container name \"/x\" is already in use by container \"1\".", Conflict),
            (409, "network with name x already exists", Conflict),
            (403, "error while removing network: network x id 1 has active endpoints", Conflict),
            (500, "RWLayer of container 1 is unexpectedly nil", NotFound),
            (409, "remove x: volume is in use - [1]", Conflict),
            (409, "Container 1 is not running", NotRunning),
            (409, "Container 1 is restarting, wait until the container is running", NotRunning),
            (409, "Cannot kill container: x: Container 1 is not running", NotRunning),
            (403, "Pool overlaps with other one on this address space", AddressInUse),
            (403, "Address already in use", AddressInUse),
            (
                403,
                "cannot create network 1 (br-1): conflicts with network 2 (br-2): networks have overlapping IPv4",
                AddressInUse,
            ),
            (
                500,
                "driver failed programming external connectivity on endpoint x (1): Bind for 0.0.0.0:80 failed: port is already allocated",
                AddressInUse,
            ),
            (500, "listen tcp4 0.0.0.0:80: bind: address already in use", AddressInUse),
            (500, "write /var/lib/docker/x: no space left on device", NoSpace),
            (500, "", Other),
        ] {
            assert_eq!(failed("do", &answer(status, message)).kind, kind, "{message}");
        }
    }

    #[test]
    fn a_registry_that_fails_is_the_images_failure() {
        for message in [
            "manifest unknown: manifest unknown",
            "pull access denied for x, repository does not exist or may require 'docker login'",
            "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host",
            "no basic auth credentials",
        ] {
            for error in [answer(404, message), answer(500, message), Error::DockerStreamError { error: message.into() }] {
                assert_eq!(pull_failed("pull", &error).kind, ErrorKind::ImageUnavailable, "{message}");
            }
        }
        let full = Error::DockerStreamError { error: "write /x: no space left on device".into() };
        assert_eq!(pull_failed("pull", &full).kind, ErrorKind::NoSpace);
    }

    #[test]
    fn a_forbidden_socket_is_told_apart() {
        let kind = |kind: io::ErrorKind| failed("connect", &Error::IOError { err: kind.into() }).kind;
        assert_eq!(kind(io::ErrorKind::PermissionDenied), ErrorKind::PermissionDenied);
        assert_eq!(kind(io::ErrorKind::ConnectionRefused), ErrorKind::Unreachable);
        assert_eq!(kind(io::ErrorKind::UnexpectedEof), ErrorKind::Unreachable);
    }

    #[test]
    fn texts_are_one_line_and_without_values() {
        let error = failed("create", &answer(400, "invalid environment variable: =s3cret\nand s3cret-longer"));
        let shown = redacted(error, ["s3cret", "s3cret-longer", ""].into_iter()).to_string();
        assert_eq!(shown, "create: invalid environment variable: =*** and ***");
    }
}
