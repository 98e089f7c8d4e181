//! The connection URLs that carry a password: written from it, and read to get it back (RFC 3986, percent-encoding).
//! Refuses anything but the part that holds the password: hosts and options are not judged here.

use zeroize::Zeroizing;

use super::{generate::DatabaseNames, value::Secret};

/// The text is no URL of the wanted scheme, or its password stands in it with a reserved character unencoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// The application's database URL. The pool's limits are those that the application is run with.
pub(super) fn database(names: &DatabaseNames, password: &[u8]) -> Secret<Vec<u8>> {
    let (user, database) = (names.user.as_bytes(), names.database.as_bytes());
    let mut url = with_room_for(&[user, password, database]);
    url.extend_from_slice(b"postgresql://");
    encode(&mut url, user);
    url.push(b':');
    encode(&mut url, password);
    url.extend_from_slice(b"@postgres:5432/");
    encode(&mut url, database);
    url.extend_from_slice(b"?connection_limit=20&pool_timeout=30");
    Secret::new(url)
}

/// The application's Redis URL.
pub(super) fn redis(password: &[u8]) -> Secret<Vec<u8>> {
    let mut url = with_room_for(&[password]);
    url.extend_from_slice(b"redis://:");
    encode(&mut url, password);
    url.extend_from_slice(b"@redis:6379/0");
    Secret::new(url)
}

/// The password in a URL, decoded; `None` when the URL has none.
pub(super) fn password_of(url: &[u8], schemes: &[&str]) -> Result<Option<Secret<Vec<u8>>>, Malformed> {
    let rest = schemes.iter().find_map(|scheme| url.strip_prefix(scheme.as_bytes())?.strip_prefix(b"://")).ok_or(Malformed)?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Some(at) = authority.iter().rposition(|byte| *byte == b'@') else {
        // A password with an unencoded `/` cuts the authority short; its `@` then stands in the path.
        return if authority.is_empty() || path.contains(&b'@') { Err(Malformed) } else { Ok(None) };
    };
    let userinfo = &authority[..at];
    match userinfo.iter().position(|byte| *byte == b':') {
        Some(colon) if colon + 1 < userinfo.len() => decode(&userinfo[colon + 1..]).map(Some),
        _ => Ok(None),
    }
}

/// Whether a text can stand in a URL as it is.
pub(super) fn is_safe(text: &[u8]) -> bool {
    text.iter().all(|byte| unreserved(*byte))
}

fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// An empty buffer that holds the encoded parts without growing: growing would leave copies behind in memory.
fn with_room_for(parts: &[&[u8]]) -> Vec<u8> {
    let fixed_text = 96;
    Vec::with_capacity(fixed_text + 3 * parts.iter().map(|part| part.len()).sum::<usize>())
}

fn encode(to: &mut Vec<u8>, text: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text {
        if unreserved(*byte) {
            to.push(*byte);
        } else {
            to.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

fn decode(text: &[u8]) -> Result<Secret<Vec<u8>>, Malformed> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        if *byte == b'%' {
            let mut digit = || bytes.next().and_then(|byte| char::from(*byte).to_digit(16)).ok_or(Malformed);
            let (high, low) = (digit()?, digit()?);
            out.push(u8::try_from(high * 16 + low).map_err(|_| Malformed)?);
        } else {
            out.push(*byte);
        }
    }
    Ok(Secret::new(std::mem::take(&mut *out)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POSTGRES: &[&str] = &["postgresql", "postgres"];

    fn read(url: &str) -> Result<Option<String>, Malformed> {
        Ok(password_of(url.as_bytes(), POSTGRES)?.map(|p| String::from_utf8(p.expose().clone()).unwrap()))
    }

    #[test]
    fn written_as_the_application_expects() {
        let url = database(&DatabaseNames::default(), b"abc0");
        let want = "postgresql://medianest:abc0@postgres:5432/medianest?connection_limit=20&pool_timeout=30";
        assert_eq!(String::from_utf8_lossy(url.expose()), want);
        assert_eq!(String::from_utf8_lossy(redis(b"abc0").expose()), "redis://:abc0@redis:6379/0");
    }

    #[test]
    fn passwords_are_read_back() {
        assert_eq!(read("postgresql://u:p%2Fq%3d@h:5432/d?x=@").unwrap().as_deref(), Some("p/q="));
        assert_eq!(read("postgres://u:p@q@h/d").unwrap().as_deref(), Some("p@q"));
        for none in ["postgresql://h/d", "postgresql://u@h/d", "postgresql://u:@h/d"] {
            assert_eq!(read(none), Ok(None), "{none}");
        }
        for bad in ["", "u:p@h", "mysql://u:p@h/d", "postgresql://", "postgresql://u:%2@h/d", "postgresql://u:%zz@h/d"] {
            assert_eq!(read(bad), Err(Malformed), "{bad}");
        }
    }

    /// The old scripts put base64 (`/ + =`) into the URL as it was.
    #[test]
    fn base64_in_a_url_is_found_to_be_broken() {
        assert_eq!(read("postgresql://medianest:ab/c+d=@postgres:5432/medianest"), Err(Malformed));
    }

    proptest! {
        #[test]
        fn any_password_survives(password in proptest::collection::vec(any::<u8>(), 1..80)) {
            let url = database(&DatabaseNames::default(), &password);
            let read = password_of(url.expose(), POSTGRES).unwrap().unwrap();
            prop_assert_eq!(read.expose(), &password);
            let url = redis(&password);
            let read = password_of(url.expose(), &["redis"]).unwrap().unwrap();
            prop_assert_eq!(read.expose(), &password);
        }
    }
}
