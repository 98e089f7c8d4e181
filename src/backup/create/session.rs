//! A client of a database that runs in its container and is asked one thing after the other, so that the moment of a snapshot
//! costs no start of a program.
//!
//! Owns which words of its output answer which question. Refuses to wait for an answer without a limit.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use tokio::{sync::mpsc, time::timeout};

use super::{PartError, output::failed};
use crate::engine::{Command, CommandEvent, Engine, EngineError};

/// A client may be silent for as long as nobody asks it anything.
const IDLE: Duration = Duration::from_secs(24 * 3600);

/// How a client is made to say that it has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `psql`.
    Sql,
    /// `redis-cli`.
    Redis,
}

/// A client that waits to be asked.
pub(super) struct Session {
    what: String,
    dialect: Dialect,
    input: mpsc::Sender<Bytes>,
    events: BoxStream<'static, Result<CommandEvent, EngineError>>,
    heard: Vec<u8>,
    complaint: Vec<u8>,
    asked: u32,
}

impl Session {
    /// Starts a client; it begins with the first question.
    pub(super) fn open(engine: &dyn Engine, container: &str, argv: &[String], dialect: Dialect) -> Self {
        let (input, mut given) = mpsc::channel::<Bytes>(1);
        let mut command = Command::new(argv, IDLE);
        command.input = Some(stream::poll_fn(move |cx| given.poll_recv(cx).map(|piece| piece.map(Ok))).boxed());
        let program = match dialect {
            Dialect::Sql => "psql",
            Dialect::Redis => "redis-cli",
        };
        let what = format!("{program} in {container}");
        let events = engine.run(container, command);
        Self { what, dialect, input, events, heard: Vec::new(), complaint: Vec::new(), asked: 0 }
    }

    /// Asks, and gives all that is answered.
    pub(super) async fn ask(&mut self, question: &str, limit: Duration) -> Result<String, PartError> {
        self.asked += 1;
        let (mark, server) = (format!("medianestctl-answered-{}", self.asked), self.dialect.name());
        let text = match self.dialect {
            // Said by the client: a query of ours would be the transaction's first, and hold a moment that nobody asked for.
            Dialect::Sql => format!("{question}\n\\echo {mark}\n"),
            Dialect::Redis => format!("{question}\nECHO {mark}\n"),
        };
        let answer = async {
            // It takes its question while it is listened to.
            let (input, text) = (self.input.clone(), Bytes::from(text));
            let mut sending = Box::pin(async move { input.send(text).await.is_ok() });
            let mut sent = false;
            let end = format!("{mark}\n");
            loop {
                if let Some(at) = find(&self.heard, end.as_bytes()) {
                    let rest = self.heard.split_off(at + end.len());
                    let mut answer = std::mem::replace(&mut self.heard, rest);
                    answer.truncate(at);
                    return Ok(String::from_utf8_lossy(&answer).into_owned());
                }
                let event = tokio::select! {
                    biased;
                    _ = &mut sending, if !sent => {
                        sent = true;
                        continue;
                    }
                    event = self.events.next() => event,
                };
                match event {
                    Some(Ok(CommandEvent::Stdout(bytes))) => self.heard.extend_from_slice(&bytes),
                    Some(Ok(CommandEvent::Stderr(bytes))) => self.complaint.extend_from_slice(&bytes),
                    Some(Ok(CommandEvent::Exit(code))) => return Err(self.ended(code)),
                    Some(Err(error)) => return Err(error.into()),
                    None => return Err(self.ended(-1)),
                }
            }
        };
        match timeout(limit, answer).await {
            Ok(answer) => answer,
            Err(_) if self.complaint.is_empty() => {
                Err(PartError::Late { what: format!("an answer of {server}"), seconds: limit.as_secs() })
            }
            Err(_) => Err(PartError::refused(&self.what, String::from_utf8_lossy(&self.complaint).trim(), None)),
        }
    }

    fn ended(&self, code: i64) -> PartError {
        let mut words = self.complaint.clone();
        words.extend_from_slice(&self.heard);
        failed(&self.what, code, &words)
    }

    /// Ends the client, which ends what it holds.
    pub(super) async fn close(self) {
        let Self { input, mut events, .. } = self;
        drop(input);
        let all = async { while let Some(Ok(_)) = events.next().await {} };
        // What does not end then ends with its connection.
        let _ = timeout(Duration::from_secs(5), all).await;
    }
}

impl Dialect {
    const fn name(self) -> &'static str {
        match self {
            Self::Sql => "PostgreSQL",
            Self::Redis => "Redis",
        }
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
