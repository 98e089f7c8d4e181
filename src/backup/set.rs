//! What a backup set is called and which objects it is made of. Pure. Refuses names that could mean two things or lead out
//! of the set.
//!
//! ```text
//! <stack>/20260131T235959Z-0123abcd/uploads.tar.zst.age
//!         └──────── SetId ────────┘ └── ObjectName ───┘
//! ```

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use crate::model::Packing;

const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// The object that is written last: a set without it was cut short and is none.
pub const MANIFEST: &str = "manifest.json";

/// The longest name of a volume or service in bytes, so that an object's name stays well below what file systems take.
const LONGEST_NAME: usize = 200;

/// The name of a set: the second in which it was begun (UTC), and 32 random bits. Ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SetId {
    begun: DateTime<Utc>,
    random: u32,
}

/// The text or time does not make a set's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not the name of a backup set (such as 20260131T235959Z-0123abcd)")]
pub struct NotASetId(pub String);

impl SetId {
    /// A set begun at `begun` (cut to the second). Years beyond four digits have no name.
    pub fn new(begun: DateTime<Utc>, random: u32) -> Result<Self, NotASetId> {
        // Whole seconds since 1970 also leave out the 61st second of a minute, which sorts and prints on its own.
        let whole = DateTime::from_timestamp(begun.timestamp(), 0).filter(|whole| (1970..=9999).contains(&whole.year()));
        Ok(Self { begun: whole.ok_or_else(|| NotASetId(begun.to_string()))?, random })
    }

    /// When it was begun, to the second.
    pub const fn begun(&self) -> DateTime<Utc> {
        self.begun
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:08x}", self.begun.format(STAMP), self.random)
    }
}

impl FromStr for SetId {
    type Err = NotASetId;

    fn from_str(text: &str) -> Result<Self, NotASetId> {
        let parse = || {
            let (stamp, random) = text.split_once('-')?;
            let begun = NaiveDateTime::parse_from_str(stamp, STAMP).ok()?.and_utc();
            Self::new(begun, u32::from_str_radix(random, 16).ok()?).ok()
        };
        // Parsers are lenient (signs, blanks, leap seconds, capitals): only the form that we write counts.
        parse().filter(|id| id.to_string() == text).ok_or_else(|| NotASetId(text.to_owned()))
    }
}

impl From<SetId> for String {
    fn from(id: SetId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for SetId {
    type Error = NotASetId;

    fn try_from(text: String) -> Result<Self, NotASetId> {
        text.parse()
    }
}

/// The name of a volume or of a service: letters, digits, `.`, `_`, `-`, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartName(String);

/// The text does not name a part or an object of a set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not the name of {1}")]
pub struct NotAName(pub String, pub &'static str);

impl PartName {
    /// Checks a name.
    pub fn new(name: &str) -> Result<Self, NotAName> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let begins_well = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        if begins_well && name.chars().all(allowed) && name.len() <= LONGEST_NAME {
            Ok(Self(name.to_owned()))
        } else {
            Err(NotAName(name.to_owned(), "a volume or service"))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What one object of a set holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// A PostgreSQL database in the custom format of `pg_dump`, not compressed by it.
    Database(PartName),
    /// Roles and tablespaces, from `pg_dumpall --globals-only`.
    Globals(PartName),
    /// A Redis snapshot.
    Redis(PartName),
    /// A volume's files as a tar archive.
    Volume(PartName),
    /// The deployment's Compose files, templates and settings as a tar archive.
    Config,
    /// The deployment's secrets as a tar archive; never without encryption.
    Secrets,
    /// What the archives contain, file by file.
    Index,
}

/// Names of archives that are not volumes; a volume called so gets a prefix.
const RESERVED: [&str; 2] = ["config", "secrets"];
const VOLUME: &str = "volume-";

impl Component {
    /// Whether it is a tar archive, whose entries the index lists.
    pub const fn is_archive(&self) -> bool {
        matches!(self, Self::Volume(_) | Self::Config | Self::Secrets)
    }

    /// The object's name before compression and encryption, which tells `tar`, `pg_restore` and people what it is.
    pub fn file_name(&self) -> String {
        match self {
            Self::Database(name) => format!("{}.dump", name.0),
            Self::Globals(name) => format!("{}.globals.sql", name.0),
            Self::Redis(name) => format!("{}.rdb", name.0),
            Self::Volume(name) if RESERVED.contains(&name.as_str()) || name.0.starts_with(VOLUME) => {
                format!("{VOLUME}{}.tar", name.0)
            }
            Self::Volume(name) => format!("{}.tar", name.0),
            Self::Config => "config.tar".to_owned(),
            Self::Secrets => "secrets.tar".to_owned(),
            Self::Index => "index".to_owned(),
        }
    }

    fn from_file_name(name: &str) -> Option<Self> {
        let part = |name: &str| PartName::new(name).ok();
        match name {
            "config.tar" => return Some(Self::Config),
            "secrets.tar" => return Some(Self::Secrets),
            "index" => return Some(Self::Index),
            _ => {}
        }
        if let Some(name) = name.strip_suffix(".globals.sql") {
            return part(name).map(Self::Globals);
        }
        let (name, kind) = name.rsplit_once('.')?;
        match kind {
            "dump" => part(name).map(Self::Database),
            "rdb" => part(name).map(Self::Redis),
            "tar" => part(name.strip_prefix(VOLUME).unwrap_or(name)).map(Self::Volume),
            _ => None,
        }
    }
}

impl fmt::Display for Component {
    /// For people: `volume uploads`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(name) => write!(f, "database {}", name.0),
            Self::Globals(name) => write!(f, "roles of {}", name.0),
            Self::Redis(name) => write!(f, "redis {}", name.0),
            Self::Volume(name) => write!(f, "volume {}", name.0),
            Self::Config => f.write_str("configuration"),
            Self::Secrets => f.write_str("secrets"),
            Self::Index => f.write_str("index"),
        }
    }
}

/// The name of an object within its set; it tells how the object is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ObjectName {
    /// What it holds.
    pub component: Component,
    /// How it is compressed.
    pub packing: Packing,
    /// Whether it is encrypted by age.
    pub encrypted: bool,
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packing = match self.packing {
            Packing::Zstd => ".zst",
            Packing::Gzip => ".gz",
        };
        write!(f, "{}{packing}{}", self.component.file_name(), if self.encrypted { ".age" } else { "" })
    }
}

impl FromStr for ObjectName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let parse = || {
            let (rest, encrypted) = text.strip_suffix(".age").map_or((text, false), |rest| (rest, true));
            let zstd = rest.strip_suffix(".zst").map(|file| (file, Packing::Zstd));
            let (file, packing) = zstd.or_else(|| rest.strip_suffix(".gz").map(|file| (file, Packing::Gzip)))?;
            Some(Self { component: Component::from_file_name(file)?, packing, encrypted })
        };
        parse().filter(|name| name.to_string() == text).ok_or_else(|| NotAName(text.to_owned(), "an object of a backup set"))
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for ObjectName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_set_is_named_after_its_second() {
        let begun = DateTime::from_timestamp(1_769_903_999, 987_654_321).unwrap();
        let id = SetId::new(begun, 0xabcd).unwrap();
        assert_eq!(id.to_string(), "20260131T235959Z-0000abcd");
        assert_eq!(id.to_string().parse::<SetId>().unwrap(), id);
        assert_eq!(id.begun().timestamp_subsec_nanos(), 0);
        assert!(SetId::new(DateTime::<Utc>::MAX_UTC, 0).is_err());
    }

    #[test]
    fn only_our_form_of_a_sets_name_counts() {
        for wrong in [
            "",
            "latest",
            "20260131T235959Z",
            "20260131T235959Z-abcd",
            "20260131T235959Z-0000ABCD",
            "20260131T235959Z-+000abcd",
            "20260131T235960Z-0000abcd",
            "20260230T000000Z-0000abcd",
            "20260131T235959-0000abcd",
            " 20260131T235959Z-0000abcd",
            "20260131T235959Z-0000abcd/",
            "+20260131T235959Z-0000abcd",
        ] {
            assert_eq!(wrong.parse::<SetId>(), Err(NotASetId(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_none() {
        for wrong in [
            "",
            ".",
            "..",
            "../a.tar.zst",
            "a/b.tar.zst",
            "a.tar",
            "a.tar.zst.age.age",
            "a.exe.zst",
            ".tar.zst",
            "a\n.tar.zst",
            "ä.tar.zst",
            "volume-a.tar.zst",
        ] {
            assert!(wrong.parse::<ObjectName>().is_err(), "{wrong}");
        }
    }

    fn component() -> impl Strategy<Value = Component> {
        let name = prop_oneof![
            "[a-z0-9][a-zA-Z0-9._-]{0,12}",
            prop::sample::select(vec![
                "config",
                "secrets",
                "index",
                "volume-config",
                "volume-a",
                "a.globals",
                "x.tar",
                "x.zst",
                "x.age"
            ])
            .prop_map(str::to_owned),
        ];
        (0..7_u8, name).prop_map(|(kind, name)| {
            let name = PartName::new(&name).unwrap();
            match kind {
                0 => Component::Database(name),
                1 => Component::Globals(name),
                2 => Component::Redis(name),
                3 => Component::Volume(name),
                4 => Component::Config,
                5 => Component::Secrets,
                _ => Component::Index,
            }
        })
    }

    proptest! {
        /// So two components never share an object, whatever volumes are called.
        #[test]
        fn every_object_has_a_name_of_its_own(component in component(), gzip: bool, encrypted: bool) {
            let packing = if gzip { Packing::Gzip } else { Packing::Zstd };
            let object = ObjectName { component, packing, encrypted };
            prop_assert_eq!(object.to_string().parse::<ObjectName>().unwrap(), object);
        }
    }
}
