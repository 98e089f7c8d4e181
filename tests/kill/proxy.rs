//! A socket before the engine's that understands where a request begins and ends: it notes every one, and does
//! something bad at one of them.
//!
//! Keep-alive, bodies of stated length and in chunks, answers that stream, and connections that an exec takes over are
//! passed on as they are. A client that hangs up is noticed at once, and so is an engine that does.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::AsyncWriteExt as _,
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
    runtime::Runtime,
};

use super::{
    call::{Call, Fault, Trap},
    wire::{Body, Head, Reader},
};

/// The proxy. It lives as long as this does.
pub struct Proxy {
    socket: PathBuf,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    engine: PathBuf,
    project: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    counts: BTreeMap<Call, usize>,
    trap: Option<Trap>,
    sprung: bool,
}

impl Proxy {
    /// At `socket`, before the engine at `engine`; in what it notes, the project's name is replaced by `P`.
    pub fn new(socket: PathBuf, engine: &Path, project: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let shared =
            Arc::new(Shared { engine: engine.to_owned(), project: project.to_owned(), state: Mutex::new(State::default()) });
        let listener = runtime.block_on(async { UnixListener::bind(&socket) }).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
        let for_all = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&for_all);
                // How a connection ends is for its two ends to tell.
                tokio::spawn(async move { shared.serve(client).await });
            }
        });
        Self { socket, shared, _runtime: runtime }
    }

    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Forgets what was asked, and lies in wait.
    pub fn arm(&self, trap: Option<Trap>) {
        *self.shared.state.lock().unwrap() = State { trap, ..State::default() };
    }

    /// What was asked since it was armed, in order; whether the trap was sprung.
    pub fn disarm(&self) -> (Vec<Call>, bool) {
        let state = std::mem::take(&mut *self.shared.state.lock().unwrap());
        (state.calls, state.sprung)
    }
}

/// What becomes of a connection after a request.
enum Next {
    /// It takes another one.
    Request,
    /// It is over.
    End,
}

impl Shared {
    /// Notes a call, and says what is to go wrong with it.
    fn note(&self, call: &Call) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        state.calls.push(call.clone());
        let count = state.counts.entry(call.clone()).or_default();
        *count += 1;
        let count = *count;
        let fault = state.trap.as_ref().filter(|t| t.point.call == *call && t.point.occurrence == count).map(|t| t.fault);
        state.sprung |= fault.is_some();
        fault
    }

    async fn serve(&self, client: UnixStream) -> io::Result<()> {
        let pid = client.peer_cred()?.pid();
        let mut client = Side::new(client);
        let mut engine = Side::new(UnixStream::connect(&self.engine).await?);
        while let Some(head) = client.from.head().await? {
            let fault = self.note(&Call::of(head.first(), &self.project));
            if let Next::End = exchange(&head, fault, pid, &mut client, &mut engine).await? {
                break;
            }
        }
        Ok(())
    }
}

/// One end of what is passed on.
struct Side {
    from: Reader,
    to: OwnedWriteHalf,
}

impl Side {
    fn new(stream: UnixStream) -> Self {
        let (from, to) = stream.into_split();
        Self { from: Reader::new(from), to }
    }
}

/// One request and its answer, or what goes wrong with it.
async fn exchange(head: &Head, fault: Option<Fault>, pid: Option<i32>, client: &mut Side, engine: &mut Side) -> io::Result<Next> {
    match fault {
        Some(Fault::Kill) => return kill(pid),
        Some(Fault::Hang) => {
            // The client's patience ends this.
            client.from.end().await?;
            return Ok(Next::End);
        }
        Some(Fault::Error500) => {
            client.from.body(&head.body_of_request(), None).await?;
            client.to.write_all(failure().as_bytes()).await?;
            return Ok(Next::Request);
        }
        Some(Fault::KillAfter | Fault::LoseAnswer) | None => {}
    }
    engine.to.write_all(head.bytes()).await?;
    client.from.body(&head.body_of_request(), Some(&mut engine.to)).await?;
    let answer = loop {
        // A client that hangs up before the answer leaves the engine's side as it would without us.
        let answer = tokio::select! {
            answer = engine.from.head() => answer?,
            gone = client.from.end() => return gone.map(|()| Next::End),
        };
        let Some(answer) = answer else { return Ok(Next::End) };
        if answer.status() != 100 {
            break answer;
        }
    };
    match fault {
        Some(Fault::KillAfter) => return kill(pid),
        Some(Fault::LoseAnswer) => return Ok(Next::End),
        _ => {}
    }
    client.to.write_all(answer.bytes()).await?;
    if answer.status() == 101 || (head.header("upgrade").is_some() && answer.header("upgrade").is_some()) {
        let there = client.from.pour(&mut engine.to);
        let back = engine.from.pour(&mut client.to);
        tokio::try_join!(there, back)?;
        return Ok(Next::End);
    }
    let body = answer.body_of_answer(head);
    tokio::select! {
        passed = engine.from.body(&body, Some(&mut client.to)) => passed?,
        gone = client.from.end() => return gone.map(|()| Next::End),
    }
    Ok(if matches!(body, Body::UntilEnd) { Next::End } else { Next::Request })
}

fn kill(pid: Option<i32>) -> io::Result<Next> {
    let pid = pid.and_then(Pid::from_raw).ok_or_else(|| io::Error::other("a client without a process"))?;
    kill_process(pid, Signal::KILL)?;
    Ok(Next::End)
}

fn failure() -> String {
    let body = r#"{"message":"the engine has failed, as the test asked"}"#;
    let length = body.len();
    format!("HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}
