//! Web sockets: one of them asks for an echo every second, notices when it is lost, and comes back at once.
//!
//! A drop is the end of a connection, for whatever reason and however politely, that the client did not ask for. Coming
//! back is a request like any other: when it fails, a request has failed.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, interval_at, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    PATIENCE,
    failure::{Failure, FailureKind},
    http::Connection,
    ledger::Ledger,
    traffic::{Client, Kind},
};

/// Between two messages.
const PERIOD: Duration = Duration::from_secs(1);
/// Before the next try when coming back has failed: what Socket.io's own client waits.
const RETRY: Duration = Duration::from_secs(1);
/// Masks have to be there, and need not be random where no proxy is to be fooled.
const MASK: [u8; 4] = [0x4d, 0x65, 0x64, 0x69];
/// The longest message that is taken; longer ones are nothing that was sent from here.
const LONGEST: u64 = 1 << 16;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Keeps a web socket open for as long as the load lasts, over as many connections as that takes.
pub(super) async fn keep(client: Client, number: usize) {
    while !client.stop.is_cancelled() {
        let now = std::time::Instant::now();
        let Some(connection) = client.request(Kind::Handshake, now, None, true).await else {
            client.stop.run_until_cancelled(sleep(RETRY)).await;
            continue;
        };
        let mut socket = Socket { connection, ledger: client.ledger.clone() };
        if let Err(lost) = socket.converse(&client.stop).await {
            client.ledger.dropped(number, &lost.to_string());
        }
    }
}

/// How a web socket was lost.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("closed by the server with code {0}")]
    Closed(u16),
    #[error("{}", .0.kind)]
    Broken(Failure),
    #[error("another message than the echo")]
    WrongEcho,
    #[error("no echo in time")]
    Silent,
}

impl<E: Into<Failure>> From<E> for Lost {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

struct Socket {
    connection: Connection,
    ledger: Arc<Ledger>,
}

impl Socket {
    /// Asks for echoes until the load stops.
    async fn converse(&mut self, stop: &CancellationToken) -> Result<(), Lost> {
        // The server says who it is, first of all.
        timeout(PATIENCE, self.message()).await.map_err(|_| Lost::Silent)??;
        let mut ticker = interval_at(Instant::now() + PERIOD, PERIOD);
        loop {
            tokio::select! {
                () = stop.cancelled() => return self.send(CLOSE, &1000_u16.to_be_bytes()).await,
                _ = ticker.tick() => {
                    let text = format!("message {}", self.ledger.number());
                    self.send(TEXT, text.as_bytes()).await?;
                    let echo = timeout(PATIENCE, self.message()).await.map_err(|_| Lost::Silent)??;
                    if echo != text.as_bytes() {
                        return Err(Lost::WrongEcho);
                    }
                    self.ledger.echoed();
                }
                // Only looks, and takes nothing: this may be given up half-way.
                arrived = self.connection.stream.fill_buf() => {
                    arrived.map_err(Failure::from)?;
                    self.message().await?;
                }
            }
        }
    }

    async fn send(&mut self, opcode: u8, payload: &[u8]) -> Result<(), Lost> {
        let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126).expect("messages of ours are short");
        let masked = payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        let frame: Vec<u8> = [0x80 | opcode, 0x80 | length].into_iter().chain(MASK).chain(masked).collect();
        Ok(self.connection.stream.write_all(&frame).await.map_err(Failure::from)?)
    }

    /// The next text; answers pings on the way.
    async fn message(&mut self) -> Result<Vec<u8>, Lost> {
        loop {
            let (opcode, payload) = self.frame().await?;
            match opcode {
                TEXT => return Ok(payload),
                PING => self.send(PONG, &payload).await?,
                PONG => {}
                CLOSE => return Err(Lost::Closed(payload.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code)))),
                other => return Err(Failure::new(FailureKind::Malformed, format!("frame of type {other}")).into()),
            }
        }
    }

    async fn frame(&mut self) -> Result<(u8, Vec<u8>), Failure> {
        let stream = &mut self.connection.stream;
        let [kind, short] = stream.read_u16().await?.to_be_bytes();
        let length = match short & 0x7f {
            126 => u64::from(stream.read_u16().await?),
            127 => stream.read_u64().await?,
            length => length.into(),
        };
        if length > LONGEST {
            return Err(Failure::new(FailureKind::Malformed, format!("a frame of {length} bytes")));
        }
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await?;
        Ok((kind & 0x0f, payload))
    }
}
