//! Ctrl-C, SIGTERM and SIGHUP: the first asks to stop in good order, the second stops waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Exit;

/// What the operator has asked for so far.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    /// Set by the first signal.
    pub cancel: CancellationToken,
    /// Set by the second signal.
    pub abandon: CancellationToken,
    code: Arc<AtomicU8>,
}

impl Interrupt {
    /// Listens from now on.
    pub fn listen() -> std::io::Result<Self> {
        let interrupt = Self::default();
        let (mut int, mut term) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        // A terminal that goes away (a lost ssh session) must not leave a job half done.
        let mut hangup = signal(SignalKind::hangup())?;
        let told = interrupt.clone();
        tokio::spawn(async move {
            loop {
                let code = tokio::select! {
                    _ = int.recv() => Exit::Interrupted,
                    _ = term.recv() => Exit::Terminated,
                    _ = hangup.recv() => Exit::Terminated,
                };
                told.code.store(code as u8, Ordering::Relaxed);
                if told.cancel.is_cancelled() {
                    told.abandon.cancel();
                }
                told.cancel.cancel();
            }
        });
        Ok(interrupt)
    }

    /// The exit code of the signal that came; `None` when none did.
    pub fn exit(&self) -> Option<Exit> {
        match self.code.load(Ordering::Relaxed) {
            143 => Some(Exit::Terminated),
            130 => Some(Exit::Interrupted),
            _ => None,
        }
    }
}
