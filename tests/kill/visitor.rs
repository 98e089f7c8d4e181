//! Somebody who asks the site for a page all the time, and counts the answers that were none.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(20);
/// What takes longer is no answer to anybody.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a visit was like.
#[derive(Debug, Default)]
pub struct Visit {
    /// Requests.
    pub asked: usize,
    /// What went wrong, with the seconds since the first request.
    pub failed: Vec<String>,
    /// The longest time until an answer.
    pub slowest: Duration,
}

/// The visitor.
pub struct Visitor {
    done: Arc<AtomicBool>,
    thread: JoinHandle<Visit>,
}

impl Visitor {
    /// Begins to ask `address`, with a connection for each request.
    pub fn at(address: SocketAddr) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let done = Arc::clone(&done);
            move || visit(address, &done)
        });
        Self { done, thread }
    }

    /// Begins to ask a port of this machine.
    pub fn on_port(port: u16) -> Self {
        Self::at(([127, 0, 0, 1], port).into())
    }

    /// Ends the visit.
    pub fn leave(self) -> Visit {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn visit(address: SocketAddr, done: &AtomicBool) -> Visit {
    let (begin, mut visit) = (Instant::now(), Visit::default());
    while !done.load(Ordering::Relaxed) {
        let start = Instant::now();
        visit.asked += 1;
        match page(address) {
            Ok(answer) if answer.starts_with("HTTP/1.1 200 ") => {}
            Ok(answer) => {
                let status = answer.lines().next().unwrap_or("no answer");
                visit.failed.push(format!("after {:.2} s: {status}", begin.elapsed().as_secs_f64()));
            }
            Err(error) => visit.failed.push(format!("after {:.2} s: {error}", begin.elapsed().as_secs_f64())),
        }
        visit.slowest = visit.slowest.max(start.elapsed());
        // The pace of the load; nothing waits for it.
        thread::sleep(PAUSE);
    }
    visit
}

/// The whole answer.
pub fn page(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
