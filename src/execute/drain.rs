//! Waits for what is under way at replicas that have left the upstreams, and says what could not be waited for.

use std::net::Ipv4Addr;

use tokio_util::sync::CancellationToken;

use super::StepError;
use crate::engine::Engine;
use crate::ingress::{self, Drained, Wait};

/// Waits in the ingress `container`; returns what is cut off, in words, and what a person can do about it the next time.
/// `tell` gets a line, and seconds done and in all.
pub(super) async fn run(
    engine: &dyn Engine,
    container: &str,
    wait: Wait<'_>,
    cancel: &CancellationToken,
    tell: &(dyn Fn(String, u64, u64) + Send + Sync),
) -> Result<Option<(String, String)>, StepError> {
    let limit = wait.limit.as_secs();
    let progress = |s: u64| tell(format!("waiting for requests under way, {s} s of {limit} s"), s, limit);
    let drained = tokio::select! {
        drained = ingress::drain(engine, container, wait, &progress) => drained?,
        () = cancel.cancelled() => return Err(StepError::Cancelled),
    };
    let Drained::LimitReached { connections } = drained else { return Ok(None) };
    let addresses = wait.addresses.iter().map(Ipv4Addr::to_string).collect::<Vec<_>>().join(", ");
    let message = match connections {
        Some(1) => format!("1 connection of {container} to {addresses} is still open after {limit} s, and is cut off"),
        Some(open) if open > 0 => {
            format!("{open} connections of {container} to {addresses} are still open after {limit} s, and are cut off")
        }
        _ => {
            format!("old workers of {container} are still at work after {limit} s: what they take in for {addresses} is cut off")
        }
    };
    let hint = "websockets come back by themselves; `x-medianest.ingress.drain` says how long uploads and downloads may take";
    Ok(Some((message, hint.to_owned())))
}
