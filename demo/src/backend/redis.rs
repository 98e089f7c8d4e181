//! Redis' protocol, as far as the stand-in needs it: commands whose reply is one line.
//!
//! A client library would be a quarter of the whole compilation, for eight commands.

use std::str::FromStr;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Where Redis is and how it lets us in: `redis://[user]:password@host:port/database`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    host: String,
    port: u16,
    user: Option<String>,
    password: Option<String>,
    database: u32,
}

#[derive(Debug)]
pub(super) struct Connection(BufReader<TcpStream>);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Number(u64),
    Text(String),
}

#[derive(Debug, thiserror::Error)]
pub(super) enum RedisError {
    #[error("the connection failed")]
    Connection(#[from] std::io::Error),
    /// `WRONGPASS …`, `NOAUTH …`, `LOADING …`: Redis' own words.
    #[error("{0}")]
    Refused(String),
    #[error("the reply is not one that was expected")]
    Unexpected,
}

impl FromStr for Address {
    type Err = ();

    fn from_str(url: &str) -> Result<Self, ()> {
        let rest = url.strip_prefix("redis://").ok_or(())?;
        let (login, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (authority, database) = place.split_once('/').unwrap_or((place, ""));
        let (host, port) = authority.split_once(':').unwrap_or((authority, "6379"));
        let some = |text: &str| (!text.is_empty()).then(|| percent_decode(text)).transpose();
        Ok(Self {
            host: some(host)?.ok_or(())?,
            port: port.parse().map_err(drop)?,
            user: some(user)?,
            password: some(password)?,
            database: if database.is_empty() { 0 } else { database.parse().map_err(drop)? },
        })
    }
}

fn percent_decode(text: &str) -> Result<String, ()> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).ok_or(())?;
        bytes.push(u8::from_str_radix(code, 16).map_err(drop)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(drop)
}

impl Connection {
    pub(super) async fn open(address: &Address) -> Result<Self, RedisError> {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
        stream.set_nodelay(true)?;
        let mut connection = Self(BufReader::new(stream));
        match (&address.user, &address.password) {
            (Some(user), Some(password)) => drop(connection.call(&["AUTH", user, password]).await?),
            (None, Some(password)) => drop(connection.call(&["AUTH", password]).await?),
            (_, None) => (),
        }
        if address.database != 0 {
            connection.call(&["SELECT", &address.database.to_string()]).await?;
        }
        Ok(connection)
    }

    pub(super) async fn call(&mut self, command: &[&str]) -> Result<Reply, RedisError> {
        self.0.write_all(&encode(command)).await?;
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        decode(&line)
    }
}

fn encode(command: &[&str]) -> Vec<u8> {
    let arguments = command.iter().map(|argument| format!("${}\r\n{argument}\r\n", argument.len()));
    format!("*{}\r\n{}", command.len(), arguments.collect::<String>()).into_bytes()
}

fn decode(line: &str) -> Result<Reply, RedisError> {
    let line = line.strip_suffix("\r\n").ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?;
    match line.split_at_checked(1) {
        Some(("+", text)) => Ok(Reply::Text(text.to_owned())),
        Some((":", number)) => number.parse().map(Reply::Number).map_err(|_| RedisError::Unexpected),
        Some(("-", words)) => Err(RedisError::Refused(words.to_owned())),
        _ => Err(RedisError::Unexpected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str, port: u16, user: Option<&str>, password: Option<&str>, database: u32) -> Result<Address, ()> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(Address { host: host.to_owned(), port, user: owned(user), password: owned(password), database })
    }

    #[test]
    fn urls_are_taken_apart() {
        assert_eq!("redis://:0a1b@redis:6379/0".parse(), address("redis", 6379, None, Some("0a1b"), 0));
        assert_eq!("redis://redis".parse(), address("redis", 6379, None, None, 0));
        assert_eq!("redis://bull:a%2Fb%40@r:1/2".parse(), address("r", 1, Some("bull"), Some("a/b@"), 2));
        for wrong in ["", "redis:6379", "redis://", "redis://:p@redis:port/0", "redis://redis/zero", "redis://:%zz@redis"] {
            assert_eq!(wrong.parse::<Address>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn commands_are_length_prefixed() {
        assert_eq!(encode(&["LPUSH", "queue", "ä\r\n"]), "*3\r\n$5\r\nLPUSH\r\n$5\r\nqueue\r\n$4\r\nä\r\n\r\n".as_bytes());
    }

    #[test]
    fn replies_are_numbers_words_or_errors() {
        assert_eq!(decode(":42\r\n").unwrap(), Reply::Number(42));
        assert_eq!(decode("+PONG\r\n").unwrap(), Reply::Text("PONG".into()));
        assert_eq!(decode("-NOAUTH Authentication required.\r\n").unwrap_err().to_string(), "NOAUTH Authentication required.");
        assert!(matches!(decode("").unwrap_err(), RedisError::Connection(_)));
        assert!(matches!(decode("$3\r\n").unwrap_err(), RedisError::Unexpected));
    }
}
