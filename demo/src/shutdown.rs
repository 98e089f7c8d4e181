//! The end of a server: SIGTERM or SIGINT, once, for everything that waits for it.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Resolves when the process is asked to stop; clone it freely.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Installs the handlers. With `at_once` the process exits in the handler, and what is in flight is lost.
    pub(crate) fn listen(at_once: bool) -> std::io::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
            if at_once {
                std::process::exit(0);
            }
            // Whoever no longer listens has ended already.
            let _ = sender.send(true);
        });
        Ok(Self(receiver))
    }

    pub(crate) async fn requested(mut self) {
        // The sender only goes away with the process.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Runs `work` unless the process is asked to stop first: then it ends well, as nothing had begun.
    pub(crate) async fn unless_requested<T>(&self, work: impl Future<Output = T>) -> Result<T, ExitCode> {
        tokio::select! {
            result = work => Ok(result),
            () = self.clone().requested() => Err(ExitCode::SUCCESS),
        }
    }
}
