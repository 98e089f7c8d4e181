//! Somebody who takes every call and never says a word: an engine that hangs, a registry that hangs, or proof that
//! nobody called.

use std::{
    net::TcpListener,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A listener that never answers. It lives as long as the test's process.
pub struct Mute {
    socket: PathBuf,
    calls: Arc<AtomicUsize>,
}

impl Mute {
    /// On a socket in the file system.
    pub fn at(socket: PathBuf) -> Self {
        let listener = UnixListener::bind(&socket).unwrap();
        let calls = hold(move || listener.accept().map(|(stream, _)| stream));
        Self { socket, calls }
    }

    /// On a port of this machine; returns the port.
    pub fn on_port() -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = hold(move || listener.accept().map(|(stream, _)| stream));
        (Self { socket: PathBuf::new(), calls }, port)
    }

    /// The socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// How many have called.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// Accepts and keeps every connection.
fn hold<S: Send + 'static>(accept: impl Fn() -> std::io::Result<S> + Send + 'static) -> Arc<AtomicUsize> {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    thread::spawn(move || {
        let mut kept = Vec::new();
        while let Ok(stream) = accept() {
            count.fetch_add(1, Ordering::SeqCst);
            kept.push(stream);
        }
    });
    calls
}
