//! Load on the bundled stack, and the proof of what it met: every request is booked, and whatever a client would have
//! noticed is a failure.
//!
//! | module | owns |
//! |---|---|
//! | [`traffic`] | who asks for what, how often, over which connections |
//! | [`socket`] | web sockets, and what counts as a drop |
//! | [`http`] | one HTTP/1.1 connection, byte by byte, so that no library retries behind our back |
//! | [`failure`] | what counts as a failed request, and how one is told from another |
//! | [`ledger`] | the books, period by period |
//! | [`histogram`] | latencies |
//! | [`report`] | what the books say, in words |
//! | [`site`] | the bundled stack with its rate limits raised, and the changes made to it |
//!
//! The generator refuses to be kind: it never retries, it never warms up unseen, and a request that had to wait for its
//! client counts from the moment at which it was due.
#![allow(dead_code, unused_imports, reason = "the test and the benchmark each use their part of it")]

mod failure;
mod histogram;
mod http;
mod ledger;
mod report;
mod site;
mod socket;
mod traffic;

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use ledger::Ledger;

pub use failure::{Failure, FailureKind};
pub use histogram::Histogram;
pub use ledger::Period;
pub use report::{Report, milliseconds};
pub use site::{ROLLBACK, UPDATE, VERSIONS, Window, assert_replicas, configure, configure_backend, raised, replicas, stack};
pub use traffic::{Kind, Mix, REQUESTS_PER_SECOND};

/// The longest that one request, or one echo of a web socket, may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Load that goes on while the test changes what is under it. It ends when this is dropped.
pub struct Load {
    ledger: Arc<Ledger>,
    stop: CancellationToken,
    clients: Option<JoinHandle<()>>,
}

impl Load {
    /// Sends `mix` to `port` of this machine, from a thread of its own, in the first period, which is called `before`.
    pub fn start(port: u16, mix: Mix) -> Self {
        let (ledger, stop) = (Arc::new(Ledger::new()), CancellationToken::new());
        let (book, end) = (ledger.clone(), stop.clone());
        let clients = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(traffic::run(port, mix, book, end));
        });
        Self { ledger, stop, clients: Some(clients) }
    }

    /// Begins a period: what ends from now on is booked under `name`.
    pub fn begin(&self, name: &str) {
        self.ledger.begin(name);
    }

    /// Waits until this period holds `count` requests; panics when the clients stand still.
    pub fn until_booked(&self, count: u64) {
        let (mut seen, mut progress) = (0, Instant::now());
        loop {
            let booked = self.ledger.booked_in_this_period();
            if booked >= count {
                return;
            }
            if booked > seen {
                (seen, progress) = (booked, Instant::now());
            }
            assert!(progress.elapsed() < 2 * PATIENCE, "the load stands still at {booked} of {count} requests");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends nothing new, waits for what is under way, and closes the books.
    pub fn finish(mut self) -> Report {
        self.stop.cancel();
        if let Some(clients) = self.clients.take() {
            clients.join().expect("no client panics");
        }
        self.ledger.close()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(clients) = self.clients.take() {
            // A panic is on its way already, or there is nobody left to tell.
            let _ = clients.join();
        }
    }
}
