//! A socket before the engine's: passes everything on, and notes what is asked.

use std::{
    fs, io,
    io::{Read, Write as _},
    net::Shutdown,
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex},
    thread,
};

/// What does not get through, and how many have been held back for it.
#[derive(Default)]
struct Gate {
    text: Option<String>,
    held: usize,
}

#[derive(Default)]
struct Gates {
    gate: Mutex<Gate>,
    opened: Condvar,
}

impl Gates {
    /// Returns whether a request gets through. One that is held back never does.
    fn pass(&self, calls: &[String]) -> bool {
        let mut gate = self.gate.lock().unwrap();
        let stopped = |gate: &Gate| gate.text.as_ref().is_some_and(|text| calls.iter().any(|call| call.ends_with(text)));
        if !stopped(&gate) {
            return true;
        }
        gate.held += 1;
        while stopped(&gate) {
            gate = self.opened.wait(gate).unwrap();
        }
        false
    }
}

/// The socket. It lives as long as the test's process.
pub struct Relay {
    socket: PathBuf,
    calls: Arc<Mutex<Vec<String>>>,
    gates: Arc<Gates>,
}

impl Relay {
    /// At `socket`, open to everybody, before the engine at `engine`.
    pub fn new(socket: PathBuf, engine: &Path) -> Self {
        let listener = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let gates = Arc::new(Gates::default());
        let (noted, engine, at) = (calls.clone(), engine.to_owned(), gates.clone());
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let (noted, engine, gates) = (noted.clone(), engine.clone(), at.clone());
                thread::spawn(move || pass(client, UnixStream::connect(engine)?, &noted, &gates));
            }
        });
        Self { socket, calls, gates }
    }

    /// Holds back each request whose path ends in `text`: it never gets through.
    pub fn hold_back(&self, text: &str) {
        self.gates.gate.lock().unwrap().text = Some(text.to_owned());
    }

    /// How many requests have been held back.
    pub fn holds(&self) -> usize {
        self.gates.gate.lock().unwrap().held
    }

    /// Lets requests through from now on; those that were held back are lost with their connections.
    pub fn let_go(&self) {
        self.gates.gate.lock().unwrap().text = None;
        self.gates.opened.notify_all();
    }

    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// What was asked since the last time: method and path.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

/// Both directions of one connection, until one side hangs up.
fn pass(mut client: UnixStream, mut engine: UnixStream, calls: &Mutex<Vec<String>>, gates: &Gates) -> io::Result<()> {
    let (mut back_from, mut back_to) = (engine.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut back_from, &mut back_to);
        back_to.shutdown(Shutdown::Both)
    });
    let mut heads = Heads::default();
    let mut buffer = [0; 16 << 10];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return engine.shutdown(Shutdown::Write);
        }
        // Noted before it is passed on: an answer that was seen is a call that was noted.
        let asked = heads.read(&buffer[..count]);
        calls.lock().unwrap().extend(asked.iter().cloned());
        if !gates.pass(&asked) {
            return engine.shutdown(Shutdown::Both);
        }
        engine.write_all(&buffer[..count])?;
    }
}

/// Finds the requests in a stream of them.
#[derive(Default)]
struct Heads {
    head: Vec<u8>,
    body_left: usize,
    /// What follows is no request any more: the connection was taken over, or its body has no stated end.
    lost: bool,
}

impl Heads {
    fn read(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for byte in bytes {
            if self.lost {
                break;
            }
            if self.body_left > 0 {
                self.body_left -= 1;
                continue;
            }
            self.head.push(*byte);
            if self.head.ends_with(b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&std::mem::take(&mut self.head)).into_owned();
                let header = |name: &str| {
                    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
                    lines.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
                };
                self.body_left = header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
                self.lost = header("upgrade").is_some() || header("transfer-encoding").is_some();
                found.push(head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned());
            }
        }
        found
    }
}
