//! HTTP as small as the tests need it: one request a connection, the answer whole.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

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
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {}", self.text()))
    }

    /// A header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Sends `head` (without its last empty line) and `body`, and reads the head of the answer.
fn begin<S: Read + Write>(mut stream: S, head: &str, body: &[u8]) -> std::io::Result<(Answer, BufReader<S>)> {
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes())?;
    stream.write_all(body)?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Ok((Answer { status, headers, body: Vec::new() }, reader))
}

/// One request in HTTP/1.0: the end of the connection is the end of the answer.
pub(super) fn exchange<S: Read + Write>(
    stream: S,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> std::io::Result<Answer> {
    let head = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\n{headers}");
    let (mut answer, mut reader) = begin(stream, &head, body)?;
    reader.read_to_end(&mut answer.body)?;
    Ok(answer)
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

/// Asks a server on this machine.
#[track_caller]
pub fn request(port: u16, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
    let answer = connect(port).and_then(|stream| exchange(stream, method, path, headers, body));
    answer.unwrap_or_else(|e| panic!("{method} {path} on port {port}: {e}"))
}

/// `GET`.
#[track_caller]
pub fn get(port: u16, path: &str) -> Answer {
    request(port, "GET", path, "", b"")
}

/// Opens a web socket and hangs up; returns the head of the answer.
#[track_caller]
pub fn handshake(port: u16, path: &str) -> Answer {
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    let (answer, _) = connect(port).and_then(|stream| begin(stream, &head, b"")).unwrap();
    answer
}
