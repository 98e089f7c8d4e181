//! Who asks for what: a mix of clients as a site meets them, at a pace that does not depend on how fast it answers.
//!
//! A client that is held up sends what it has missed as soon as it can, and each of those requests counts from when it
//! was due: a stall shows in the latencies of everybody whom it would have met.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    task::JoinSet,
    time::{Instant, Interval, interval_at, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    PATIENCE,
    failure::{Failure, FailureKind},
    http::{Answer, Body, Connection, Request},
    ledger::{Entry, Ledger},
    socket,
};

/// What the whole mix amounts to.
pub const REQUESTS_PER_SECOND: u32 = 250;

const MIB: usize = 1 << 20;
/// An upload: 20 MB, sent over two seconds.
const UPLOAD_PIECES: usize = 20;
const UPLOAD_PAUSE: Duration = Duration::from_millis(100);
/// An upload over a slow line: some 2.5 MB, sent over twelve seconds. That is longer than a drain without connections waits
/// for, and the whole of it lies with a worker until the end.
const TRICKLE_PIECE: usize = 128 << 10;
const TRICKLE_PAUSE: Duration = Duration::from_millis(600);
/// A slow answer.
const SLOW: Duration = Duration::from_secs(5);

/// How many clients of each sort, and how often each asks.
#[derive(Debug, Clone)]
pub struct Mix {
    /// Keep their connection and use it again soon.
    pub brisk: (usize, Duration),
    /// Keep their connection idle for seconds in between.
    pub lazy: (usize, Duration),
    /// Come with a connection of their own for each request.
    pub fresh: Duration,
    /// Ask for what takes five seconds.
    pub slow: Duration,
    /// Send 20 MB.
    pub upload: Duration,
    /// Send over a slow line.
    pub trickle: Duration,
    /// Web sockets that are held open.
    pub sockets: usize,
}

impl Default for Mix {
    /// [`REQUESTS_PER_SECOND`].
    fn default() -> Self {
        Self {
            brisk: (12, Duration::from_millis(100)),
            lazy: (20, Duration::from_secs(3)),
            fresh: Duration::from_millis(8),
            slow: Duration::from_secs(1),
            upload: Duration::from_millis(2500),
            trickle: Duration::from_secs(4),
            sockets: 10,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The front end's page.
    Page,
    /// Rows from the database.
    List,
    /// A new row in the database.
    Create,
    /// A number from Redis.
    Length,
    /// A job for the queue in Redis.
    Push,
    /// An answer that takes [`SLOW`].
    Slow,
    /// 20 MB.
    Upload,
    /// Over a slow line.
    Trickle,
    /// A web socket's opening.
    Handshake,
}

/// The short requests as they follow each other: six GET and four POST of ten.
const SHORT: [Kind; 10] = [
    Kind::Page,
    Kind::Push,
    Kind::Length,
    Kind::Page,
    Kind::Create,
    Kind::Page,
    Kind::Push,
    Kind::List,
    Kind::Length,
    Kind::Push,
];

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Page,
        Self::List,
        Self::Create,
        Self::Length,
        Self::Push,
        Self::Slow,
        Self::Upload,
        Self::Trickle,
        Self::Handshake,
    ];

    /// It takes as long as the stack takes, and not as long as it was told to: its latency tells something.
    pub fn is_short(self) -> bool {
        SHORT.contains(&self)
    }

    /// The request, which holds `number`; the server may keep the connection when `keep` is set.
    fn request(self, number: u64, keep: bool) -> Request {
        let (plain, json) = if keep {
            ("", "Content-Type: application/json\r\n")
        } else {
            ("Connection: close\r\n", "Content-Type: application/json\r\nConnection: close\r\n")
        };
        let get = |path: &str| Request { method: "GET", path: path.to_owned(), headers: plain, body: Body::NONE };
        let post = |path: &str, body: Body| Request { method: "POST", path: path.to_owned(), headers: json, body };
        let text = |text: String| Body::Whole(Bytes::from(text));
        match self {
            Self::Page => get("/"),
            Self::List => get("/api/media"),
            Self::Length => get("/api/queue"),
            Self::Create => post("/api/media", text(serde_json::json!({ "title": title(number) }).to_string())),
            Self::Push => post("/api/queue", text(format!("job {number} {}", "x".repeat(500)))),
            Self::Slow => get(&format!("/api/slow?ms={}", SLOW.as_millis())),
            Self::Upload => {
                static PIECE: [u8; MIB] = [0x5a; MIB];
                let piece = Bytes::from_static(&PIECE);
                post("/api/upload", Body::Paced { piece, times: UPLOAD_PIECES, pause: UPLOAD_PAUSE })
            }
            Self::Trickle => {
                static PIECE: [u8; TRICKLE_PIECE] = [0x5a; TRICKLE_PIECE];
                let piece = Bytes::from_static(&PIECE);
                post("/api/upload", Body::Paced { piece, times: UPLOAD_PIECES, pause: TRICKLE_PAUSE })
            }
            Self::Handshake => Request {
                method: "GET",
                path: "/socket.io/?EIO=4&transport=websocket".to_owned(),
                headers: "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                body: Body::NONE,
            },
        }
    }

    /// The answer is the whole one that this request, with this number, should have.
    fn check(self, number: u64, answer: &Answer) -> Result<(), Failure> {
        let expected = match self {
            Self::Create | Self::Push => 201,
            Self::Handshake => 101,
            _ => 200,
        };
        let text = String::from_utf8_lossy(&answer.body);
        if answer.status != expected {
            return Err(Failure::new(FailureKind::Status(answer.status), excerpt(&text)));
        }
        let version = answer.header("x-medianest-version");
        let right = match self {
            Self::Handshake => true,
            Self::Page => text.contains(&format!("<small>{version}</small>")) && text.trim_end().ends_with("</html>"),
            _ => serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|json| match self {
                Self::List => json["items"].is_array(),
                Self::Create => json["title"] == title(number),
                Self::Slow => json["waited_ms"].as_f64() == Some(SLOW.as_secs_f64() * 1000.0),
                Self::Upload => json["bytes"] == UPLOAD_PIECES * MIB,
                Self::Trickle => json["bytes"] == UPLOAD_PIECES * TRICKLE_PIECE,
                _ => json["length"].is_u64(),
            }),
        };
        if right && !version.is_empty() {
            Ok(())
        } else {
            Err(Failure::new(FailureKind::WrongBody, format!("version {version:?}, {}", excerpt(&text))))
        }
    }
}

/// The beginning of a body, on one line.
fn excerpt(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect()
}

/// The title of a film that nobody else asks for.
fn title(number: u64) -> String {
    format!("film {number}")
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page => "GET /",
            Self::List => "GET /api/media",
            Self::Create => "POST /api/media",
            Self::Length => "GET /api/queue",
            Self::Push => "POST /api/queue",
            Self::Slow => "GET /api/slow (5 s)",
            Self::Upload => "POST /api/upload (20 MB)",
            Self::Trickle => "POST /api/upload (12 s)",
            Self::Handshake => "GET /socket.io/ (web socket)",
        })
    }
}

/// What every client has.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) port: u16,
    pub(super) ledger: Arc<Ledger>,
    pub(super) stop: CancellationToken,
}

/// Sends `mix` until told to stop, and then waits for what is under way.
pub(super) async fn run(port: u16, mix: Mix, ledger: Arc<Ledger>, stop: CancellationToken) {
    let client = Client { port, ledger, stop };
    let mut clients = JoinSet::new();
    for (count, period) in [mix.brisk, mix.lazy] {
        for n in 0..count {
            // Spread over the period, or they would all ask at once.
            let offset = period.mul_f64(n as f64 / count as f64);
            clients.spawn(client.clone().keep_connection(client.pace(period, offset), n));
        }
    }
    clients.spawn(client.clone().come_anew(client.pace(mix.fresh, mix.fresh), &SHORT));
    clients.spawn(client.clone().come_anew(client.pace(mix.slow, mix.slow), &[Kind::Slow]));
    clients.spawn(client.clone().come_anew(client.pace(mix.upload, mix.upload), &[Kind::Upload]));
    clients.spawn(client.clone().come_anew(client.pace(mix.trickle, mix.trickle), &[Kind::Trickle]));
    for n in 0..mix.sockets {
        clients.spawn(socket::keep(client.clone(), n));
    }
    while let Some(ended) = clients.join_next().await {
        ended.expect("no client panics");
    }
}

/// When the next request of a client is due.
struct Pace {
    ticker: Interval,
    stop: CancellationToken,
}

impl Pace {
    /// Waits for it; `None` when the load stops.
    async fn next(&mut self) -> Option<std::time::Instant> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            due = self.ticker.tick() => Some(due.into_std()),
        }
    }
}

impl Client {
    fn pace(&self, period: Duration, offset: Duration) -> Pace {
        // What was missed is made up for: tokio's own behaviour for an interval.
        Pace { ticker: interval_at(Instant::now() + offset, period), stop: self.stop.clone() }
    }

    /// One connection, used again for as long as the server allows it.
    async fn keep_connection(self, mut pace: Pace, first: usize) {
        let mut connection = None;
        let mut kinds = SHORT.into_iter().cycle().skip(first);
        while let (Some(due), Some(kind)) = (pace.next().await, kinds.next()) {
            connection = self.request(kind, due, connection, true).await;
        }
    }

    /// A connection for each request; the next request does not wait for the one before.
    async fn come_anew(self, mut pace: Pace, kinds: &'static [Kind]) {
        let mut under_way = JoinSet::new();
        let mut kinds = kinds.iter().copied().cycle();
        while let (Some(due), Some(kind)) = (pace.next().await, kinds.next()) {
            let client = self.clone();
            under_way.spawn(async move { client.request(kind, due, None, false).await });
            while let Some(ended) = under_way.try_join_next() {
                ended.expect("no client panics");
            }
        }
        under_way.join_all().await;
    }

    /// A request, from the connection to the books. Returns the connection when it can carry another.
    pub(super) async fn request(
        &self,
        kind: Kind,
        due: std::time::Instant,
        idle: Option<Connection>,
        keep: bool,
    ) -> Option<Connection> {
        let usable = idle.filter(|connection| {
            let open = connection.is_open();
            if !open {
                self.ledger.closed_idle();
            }
            open
        });
        let (reused, number, sent) = (usable.is_some(), self.ledger.number(), std::time::Instant::now());
        let attempt = async {
            let mut connection = match usable {
                Some(connection) => connection,
                None => Connection::open(self.port).await?,
            };
            let answer = connection.exchange(&kind.request(number, keep)).await?;
            kind.check(number, &answer)?;
            Ok((connection, answer))
        };
        let late = |_| Err(Failure::new(FailureKind::TimedOut, format!("no whole answer within {} s", PATIENCE.as_secs())));
        let result = timeout(PATIENCE, attempt).await.unwrap_or_else(late);
        self.ledger.book(&Entry { kind, due, sent, reused, result: result.as_ref().map(|(_, answer)| answer) });
        let (connection, answer) = result.ok()?;
        (keep && !answer.closes()).then_some(connection)
    }
}
