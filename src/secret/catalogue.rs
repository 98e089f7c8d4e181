//! The secrets that the bundled stack knows: how each comes to be, and what the application demands of it.
//!
//! Source: the application's contract (its entrypoints and its own start-up validation). Refuses to say anything of
//! secrets that a user's own stack adds: those are never generated, only checked for being there.

use crate::model::SecretName;

/// Where a secret's value comes from when there is none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// So many random bytes, written as hexadecimal digits: nothing in them can break a URL or a shell.
    Random {
        /// Number of bytes; the text is twice as long.
        bytes: usize,
    },
    /// A URL, made from a password.
    Url(&'static Pair),
    /// Only the user can know it.
    Given,
}

/// What is known of one secret.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its name, a valid `SecretName`.
    pub name: &'static str,
    /// Where a new value comes from.
    pub source: Source,
    /// Fewest bytes that the application accepts.
    pub min_length: usize,
    /// The application refuses to start when it contains one of `REFUSED_WORDS`.
    pub words_refused: bool,
    /// It belongs to an integration that may stay unused: an empty file is fine.
    pub optional: bool,
    /// What it is for, in words.
    pub about: &'static str,
}

const HEX_256: Source = Source::Random { bytes: 32 };

const fn entry(name: &'static str, source: Source, min_length: usize, words_refused: bool, about: &'static str) -> Entry {
    Entry { name, source, min_length, words_refused, optional: false, about }
}

const fn optional(name: &'static str, source: Source, about: &'static str) -> Entry {
    Entry { name, source, min_length: 1, words_refused: false, optional: true, about }
}

/// Every secret of the bundled stack. Passwords stand before the URLs that are made from them.
pub const CATALOGUE: &[Entry] = &[
    entry("postgres_password", HEX_256, 1, false, "password of the database's user"),
    entry("redis_password", HEX_256, 1, false, "password of Redis"),
    entry("database_url", Source::Url(&DATABASE), 1, true, "where the application finds the database"),
    entry("redis_url", Source::Url(&REDIS), 1, false, "where the application finds Redis"),
    entry("jwt_secret", HEX_256, 32, true, "signs the sessions of the API"),
    entry("encryption_key", HEX_256, 32, true, "encrypts stored credentials; losing it loses them"),
    entry("nextauth_secret", HEX_256, 32, false, "signs the sessions of the web interface"),
    entry("metrics_token", HEX_256, 20, true, "lets Prometheus read the metrics"),
    // A Plex client identifier is chosen by the application; any unique text is right.
    entry("plex_client_id", Source::Random { bytes: 16 }, 1, true, "names this installation to Plex"),
    // A random value lets the stack start; signing in with Plex works once the user has put the real one in its place.
    optional("plex_client_secret", HEX_256, "Plex integration: a placeholder is generated until the real one is given"),
    optional("overseerr_api_key", Source::Given, "Overseerr integration"),
    optional("uptime_kuma_token", Source::Given, "Uptime Kuma integration"),
];

/// Which service a URL leads to; decides how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// PostgreSQL.
    Database,
    /// Redis.
    Redis,
}

/// A URL and the password that it repeats. Both files must say the same, or the application cannot sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The URL's secret.
    pub url: &'static str,
    /// The password's secret.
    pub password: &'static str,
    /// The schemes that the URL may have.
    pub schemes: &'static [&'static str],
    /// Where the URL leads.
    pub server: Server,
}

const DATABASE: Pair =
    Pair { url: "database_url", password: "postgres_password", schemes: &["postgresql", "postgres"], server: Server::Database };
const REDIS: Pair = Pair { url: "redis_url", password: "redis_password", schemes: &["redis", "rediss"], server: Server::Redis };

/// Every URL that repeats a password.
pub const PAIRS: &[&Pair] = &[&DATABASE, &REDIS];

/// In production the application refuses DATABASE_URL, JWT_SECRET, ENCRYPTION_KEY, METRICS_TOKEN and PLEX_CLIENT_ID
/// when they contain one of these, whatever the case.
pub const REFUSED_WORDS: &[&str] = &["test", "demo", "dev", "default", "example", "changeme", "secret", "password", "123456"];

/// What is known of a secret of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

/// The names of all secrets of the bundled stack, passwords before the URLs that are made from them.
pub fn names() -> impl Iterator<Item = SecretName> {
    // All of them are valid names, which a test holds.
    CATALOGUE.iter().filter_map(|entry| entry.name.parse().ok())
}

/// Whether a value contains a word that the application refuses.
pub fn has_refused_word(value: &[u8]) -> bool {
    REFUSED_WORDS.iter().any(|word| value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_valid_and_every_pair_is_known() {
        assert_eq!(names().count(), CATALOGUE.len());
        for pair in PAIRS {
            let place = |name| CATALOGUE.iter().position(|entry| entry.name == name).unwrap();
            assert!(place(pair.password) < place(pair.url), "{} is made from {}", pair.url, pair.password);
        }
    }

    #[test]
    fn refused_words_are_found_anywhere_in_any_case() {
        for bad in ["xxDeVxx", "DEFAULT", "a123456b", "mySecret"] {
            assert!(has_refused_word(bad.as_bytes()), "{bad}");
        }
        for good in ["", "de", "12345", "d e v", "abcdef0123457"] {
            assert!(!has_refused_word(good.as_bytes()), "{good}");
        }
    }
}
