//! What a restore is called, and the names that it gives to what lies beside live data until it is confirmed. Pure.
//!
//! Every such name holds the restore's own, so that two restores never touch each other's, and whoever finds one knows whose it is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How everything begins that a restore puts into a directory beside live data. Backups leave such entries out.
pub const HIDDEN: &str = ".medianestctl-";

/// The longest name of a database in bytes.
const LONGEST_DATABASE: usize = 63;

/// The name of a restore: 32 random bits, as text 8 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RestoreId(u32);

/// The text is not the name of a restore.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not the name of a restore (8 hexadecimal digits)")]
pub struct NotARestore(pub String);

impl RestoreId {
    /// From random bits.
    pub const fn new(random: u32) -> Self {
        Self(random)
    }

    /// The directory with what is restored, until it takes the live data's place.
    pub fn staged(self) -> String {
        format!("{HIDDEN}restore-{self}")
    }

    /// The directory that live data is moved into, while it is not complete or is being emptied.
    pub fn keeping(self) -> String {
        format!("{HIDDEN}keeping-{self}")
    }

    /// The directory with all of the data that was live before.
    pub fn kept(self) -> String {
        format!("{HIDDEN}kept-{self}")
    }

    /// A directory that is not ready to have a name of its own yet.
    pub(super) fn making(self) -> String {
        format!("{HIDDEN}making-{self}")
    }

    /// The database with what is restored, beside `live`.
    pub fn staged_database(self, live: &str) -> String {
        beside(live, &format!("_restore_{self}"))
    }

    /// The name of the database that was `live` before.
    pub fn kept_database(self, live: &str) -> String {
        beside(live, &format!("_kept_{self}"))
    }
}

/// `name` with `suffix`, cut so that the server takes it.
fn beside(name: &str, suffix: &str) -> String {
    let mut end = name.len().min(LONGEST_DATABASE - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

impl fmt::Display for RestoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for RestoreId {
    type Err = NotARestore;

    fn from_str(text: &str) -> Result<Self, NotARestore> {
        let id = u32::from_str_radix(text, 16).map(Self).ok();
        id.filter(|id| id.to_string() == text).ok_or_else(|| NotARestore(text.to_owned()))
    }
}

impl From<RestoreId> for String {
    fn from(id: RestoreId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for RestoreId {
    type Error = NotARestore;

    fn try_from(text: String) -> Result<Self, NotARestore> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_fit() {
        let id = RestoreId::new(0x12ab);
        assert_eq!("000012ab".parse(), Ok(id));
        for wrong in ["", "12ab", "000012AB", "+00012ab", "0000012ab"] {
            assert!(wrong.parse::<RestoreId>().is_err(), "{wrong}");
        }
        assert_eq!(id.staged_database("shop"), "shop_restore_000012ab");
        for long in ["x".repeat(63), "ä".repeat(31)] {
            assert!(id.staged_database(&long).len() <= 63 && id.kept_database(&long).len() <= 63);
            assert_ne!(id.staged_database(&long), id.kept_database(&long));
        }
    }
}
