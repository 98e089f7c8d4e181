//! One HTTP/1.1 connection, written by hand: a library would retry what it may, and then nobody would see what broke.
//!
//! Speaks what the stack answers: a status, headers, and a body of stated length. Refuses everything else.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::sleep,
};

use super::failure::{Failure, FailureKind};

/// The longest line of an answer's head.
const LONGEST_LINE: usize = 16 << 10;

/// A request's body.
#[derive(Debug, Clone)]
pub enum Body {
    /// Sent at once.
    Whole(Bytes),
    /// So many times the same piece, with a pause before each: an upload over a line of some speed.
    Paced {
        /// The piece.
        piece: Bytes,
        /// How often.
        times: usize,
        /// The pause.
        pause: Duration,
    },
}

impl Body {
    /// Nothing.
    pub const NONE: Self = Self::Whole(Bytes::new());

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Paced { piece, times, .. } => piece.len() * times,
        }
    }
}

/// A request.
#[derive(Debug)]
pub struct Request {
    /// Method.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Further header lines, each with its line end.
    pub headers: &'static str,
    /// Body.
    pub body: Body,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers, by their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The server ends the connection after this answer.
    pub fn closes(&self) -> bool {
        self.header("connection").eq_ignore_ascii_case("close")
    }
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) stream: BufReader<TcpStream>,
}

impl Connection {
    /// Opens one to a port of this machine.
    pub async fn open(port: u16) -> Result<Self, Failure> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// The server has not ended this idle connection as far as can be known. Every pool asks this before it uses a
    /// connection again; an end that arrives after the question is a failed request.
    pub fn is_open(&self) -> bool {
        let nothing_yet = |e: std::io::Error| e.kind() == std::io::ErrorKind::WouldBlock;
        self.stream.buffer().is_empty() && self.stream.get_ref().try_read(&mut [0; 1]).is_err_and(nothing_yet)
    }

    /// Sends a request and reads the answer whole.
    pub async fn exchange(&mut self, request: &Request) -> Result<Answer, Failure> {
        let Request { method, path, headers, body } = request;
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{headers}\r\n");
        match body {
            Body::Whole(bytes) => self.stream.write_all(&[head.as_bytes(), bytes].concat()).await?,
            Body::Paced { piece, times, pause } => {
                self.stream.write_all(head.as_bytes()).await?;
                for _ in 0..*times {
                    sleep(*pause).await;
                    self.stream.write_all(piece).await?;
                }
            }
        }
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer, Failure> {
        let first = self.line().await?;
        let malformed = |what: &str| Failure::new(FailureKind::Malformed, format!("{what}: {first:?}"));
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| malformed("no status line"))?;
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| malformed("a header without a colon"))?;
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        if status >= 200 {
            let length = answer.header("content-length").parse().map_err(|_| malformed("no length"))?;
            answer.body.resize(length, 0);
            self.stream.read_exact(&mut answer.body).await?;
        }
        Ok(answer)
    }

    /// A line of the head, without its end.
    async fn line(&mut self) -> Result<String, Failure> {
        let mut line = Vec::new();
        (&mut self.stream).take(LONGEST_LINE as u64).read_until(b'\n', &mut line).await?;
        match line.strip_suffix(b"\r\n") {
            Some(text) => Ok(String::from_utf8_lossy(text).into_owned()),
            None if line.len() == LONGEST_LINE => Err(Failure::new(FailureKind::Malformed, "a line without an end")),
            None => Err(Failure::new(FailureKind::CutOff, format!("after {} bytes of a line of the head", line.len()))),
        }
    }
}
