//! Ctrl-C, turned into a panic at the next occasion: everything that was made is cleaned away on the way out.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use tokio::signal::unix::{SignalKind, signal};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C and SIGTERM only leave a note. Commands under way get a Ctrl-C of their own from the terminal.
pub fn hold_off() {
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate()).unwrap();
            let mut interrupt = signal(SignalKind::interrupt()).unwrap();
            loop {
                tokio::select! { _ = terminate.recv() => (), _ = interrupt.recv() => () }
                ASKED.store(true, Ordering::Relaxed);
            }
        });
    });
}

/// Panics when somebody has asked to stop.
pub fn check() {
    assert!(!ASKED.load(Ordering::Relaxed), "interrupted: cleaning up");
}
