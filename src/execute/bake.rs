//! Watches a canary by the ingress's log until its time is over, or until it is plain that it does worse.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    StepError,
    gate::{Evidence, last_lines},
};
use crate::engine::{Engine, LogOptions};
use crate::ingress::trial::{Figures, Tally, Verdict};
use crate::model::{ServiceName, Thresholds};

/// Pause between two verdicts.
const LOOK: Duration = Duration::from_secs(1);

/// One trial.
pub(super) struct Trial<'a> {
    /// The ingress container.
    pub(super) ingress: &'a str,
    /// The service.
    pub(super) service: &'a ServiceName,
    /// The canary's container.
    pub(super) container: &'a str,
    /// Its address and port.
    pub(super) candidate: &'a str,
    /// Those of the others.
    pub(super) stable: &'a [String],
    /// How long.
    pub(super) span: Duration,
    /// What it must not exceed.
    pub(super) thresholds: &'a Thresholds,
}

/// How much longer than the trial the log is followed: one that ends before the trial does has broken off.
const SPARE: Duration = Duration::from_secs(60);

/// A trial that nothing speaks against.
pub(super) struct Passed {
    /// There were requests enough to tell.
    pub(super) decided: bool,
    /// The figures of both sides.
    pub(super) figures: Figures,
}

impl Trial<'_> {
    /// What is told of a canary that does not become the release.
    async fn failed(&self, engine: &dyn Engine, why: impl Into<String>, tally: &Tally) -> StepError {
        StepError::Canary {
            service: self.service.clone(),
            container: self.container.to_owned(),
            why: why.into(),
            figures: Box::new(tally.figures()),
            evidence: Box::new(Evidence { log: last_lines(engine, self.container).await, ..Evidence::default() }),
        }
    }
}

/// Runs the trial; `tell` gets a line, and seconds done and in all.
pub(super) async fn run(
    engine: &dyn Engine,
    trial: &Trial<'_>,
    cancel: &CancellationToken,
    tell: &(dyn Fn(String, u64, u64) + Send + Sync),
) -> Result<Passed, StepError> {
    let since = engine.info().await?.clock;
    let options = LogOptions { follow: true, since, limit: Some(trial.span + SPARE), ..LogOptions::default() };
    let mut chunks = engine.logs(trial.ingress, &options);
    let (begin, mut tally, mut open) = (Instant::now(), Tally::default(), Vec::new());
    let mut next = begin + LOOK;
    while begin.elapsed() < trial.span {
        tokio::select! {
            chunk = chunks.next() => match chunk {
                // Chunks are not necessarily whole lines.
                Some(chunk) => open.extend_from_slice(&chunk?.bytes),
                None => {
                    let (after, of) = (begin.elapsed().as_secs(), trial.span.as_secs());
                    let why = format!("could not be watched: the log of {} ended after {after} of {of} s", trial.ingress);
                    return Err(trial.failed(engine, why, &tally).await);
                }
            },
            () = sleep_until(next.min(begin + trial.span)) => {}
            () = cancel.cancelled() => return Err(StepError::Cancelled),
        }
        while let Some(end) = open.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = open.drain(..=end).collect();
            tally.line(String::from_utf8_lossy(&line).trim_end(), trial.candidate, trial.stable);
        }
        if Instant::now() < next.min(begin + trial.span) {
            continue;
        }
        next += LOOK;
        if let Verdict::Bad(why) = tally.verdict(trial.thresholds) {
            return Err(trial.failed(engine, why, &tally).await);
        }
        let message = format!("trying {}, {} requests so far", trial.container, tally.requests());
        tell(message, begin.elapsed().as_secs(), trial.span.as_secs());
    }
    if !tally.has_lines() {
        let seconds = trial.span.as_secs();
        let why = format!(
            "cannot be judged: the log of {} has no line of any request to `{}` in {seconds} s; nobody came, or `access_log` is set \
             anew for them",
            trial.ingress, trial.service
        );
        return Err(trial.failed(engine, why, &tally).await);
    }
    match tally.verdict(trial.thresholds) {
        Verdict::Bad(why) => Err(trial.failed(engine, why, &tally).await),
        verdict => Ok(Passed { decided: verdict != Verdict::Open, figures: tally.figures() }),
    }
}
