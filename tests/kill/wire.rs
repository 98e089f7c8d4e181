//! HTTP/1.1 as far as one has to understand it to tell where a message ends.

use std::io;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::unix::{OwnedReadHalf, OwnedWriteHalf},
};

/// The first line of a message and its headers, as they came.
pub struct Head {
    bytes: Vec<u8>,
    text: String,
}

/// How long a message's body is.
#[derive(Debug, PartialEq, Eq)]
pub enum Body {
    /// So many bytes.
    Length(usize),
    /// Chunks that tell their own lengths.
    Chunks,
    /// It ends with the connection.
    UntilEnd,
}

impl Head {
    fn new(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self { bytes, text }
    }

    /// As it came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first line.
    pub fn first(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.first().split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.text.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn stated(&self) -> Option<Body> {
        if self.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return Some(Body::Chunks);
        }
        self.header("content-length").and_then(|length| length.parse().ok()).map(Body::Length)
    }

    /// The body of this request. One that states no length has none.
    pub fn body_of_request(&self) -> Body {
        self.stated().unwrap_or(Body::Length(0))
    }

    /// The body of this answer to `request`.
    pub fn body_of_answer(&self, request: &Self) -> Body {
        if request.first().starts_with("HEAD ") || matches!(self.status(), 204 | 304) {
            return Body::Length(0);
        }
        self.stated().unwrap_or(Body::UntilEnd)
    }
}

/// What comes from one end of a connection, and what was read of it too early.
pub struct Reader {
    half: OwnedReadHalf,
    ahead: Vec<u8>,
}

impl Reader {
    /// Of this end.
    pub fn new(half: OwnedReadHalf) -> Self {
        Self { half, ahead: Vec::new() }
    }

    /// Reads on; false at the end.
    async fn more(&mut self) -> io::Result<bool> {
        Ok(self.half.read_buf(&mut self.ahead).await? > 0)
    }

    /// All that is there up to and with the first `mark`; `None` when the connection ends before it.
    async fn up_to(&mut self, mark: &[u8]) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.ahead.windows(mark.len()).position(|part| part == mark) {
                return Ok(Some(self.ahead.drain(..at + mark.len()).collect()));
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// The next head; `None` when there is none any more.
    pub async fn head(&mut self) -> io::Result<Option<Head>> {
        Ok(self.up_to(b"\r\n\r\n").await?.map(Head::new))
    }

    /// Waits for the end of the connection.
    pub async fn end(&mut self) -> io::Result<()> {
        while self.more().await? {}
        Ok(())
    }

    /// Passes a body on piece by piece, or drops it.
    pub async fn body(&mut self, body: &Body, mut to: Option<&mut OwnedWriteHalf>) -> io::Result<()> {
        match body {
            Body::Length(length) => self.exactly(*length, &mut to).await,
            Body::UntilEnd => match to {
                Some(to) => self.pour(to).await,
                None => self.end().await,
            },
            Body::Chunks => loop {
                let line = self.up_to(b"\r\n").await?.ok_or(io::ErrorKind::UnexpectedEof)?;
                let size = String::from_utf8_lossy(&line);
                let size = size.trim().split(';').next().unwrap_or_default();
                let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
                write(&mut to, &line).await?;
                // With the line break after it. There are no trailers here.
                self.exactly(size + 2, &mut to).await?;
                if size == 0 {
                    return Ok(());
                }
            },
        }
    }

    async fn exactly(&mut self, mut length: usize, to: &mut Option<&mut OwnedWriteHalf>) -> io::Result<()> {
        while length > 0 {
            if self.ahead.is_empty() && !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let piece: Vec<u8> = self.ahead.drain(..length.min(self.ahead.len())).collect();
            length -= piece.len();
            write(to, &piece).await?;
        }
        Ok(())
    }

    /// Passes on everything until the end, and the end.
    pub async fn pour(&mut self, to: &mut OwnedWriteHalf) -> io::Result<()> {
        loop {
            to.write_all(&std::mem::take(&mut self.ahead)).await?;
            if !self.more().await? {
                return to.shutdown().await;
            }
        }
    }
}

async fn write(to: &mut Option<&mut OwnedWriteHalf>, bytes: &[u8]) -> io::Result<()> {
    match to {
        Some(to) => to.write_all(bytes).await,
        None => Ok(()),
    }
}
