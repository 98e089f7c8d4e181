//! Names as types, so that a volume's name can never be passed where a service's is wanted.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a {kind}: it takes {rule}")]
pub struct NameError {
    /// The kind of name that was wanted, in words.
    pub kind: &'static str,
    /// The text that was given.
    pub text: String,
    /// The characters that the name takes, in words.
    pub rule: &'static str,
}

fn starts_and_continues(text: &str, first: fn(char) -> bool, rest: fn(char) -> bool) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(first) && chars.all(rest)
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $rule:literal, $first:expr, $rest:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                if starts_and_continues(text, $first, $rest) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError { kind: $kind, text: text.to_owned(), rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

fn lower_or_digit(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

name!(
    /// A Compose project's name (Compose specification, "Name top-level element").
    ProjectName,
    "project name",
    "lower-case letters, digits, `-` and `_`, and starts with a letter or digit",
    lower_or_digit,
    |c| lower_or_digit(c) || matches!(c, '_' | '-')
);
name!(
    /// A service's key in the Compose file.
    ServiceName,
    "service name",
    "letters, digits, `_`, `.` and `-`",
    word,
    word
);
name!(
    /// A secret's key in the Compose file; it is also the file's name below `/run/secrets`.
    SecretName,
    "secret name",
    "letters, digits, `_`, `.` and `-`, and starts with a letter or digit",
    |c| c.is_ascii_alphanumeric(),
    word
);
name!(
    /// A config's key in the Compose file.
    ConfigName,
    "config name",
    "letters, digits, `_`, `.` and `-`, and starts with a letter or digit",
    |c| c.is_ascii_alphanumeric(),
    word
);
name!(
    /// A network's name at the engine (not its key in the Compose file).
    NetworkName,
    "network name",
    "letters, digits, `_`, `.` and `-`, and starts with a letter or digit",
    |c| c.is_ascii_alphanumeric(),
    word
);
name!(
    /// A volume's name at the engine (not its key in the Compose file).
    VolumeName,
    "volume name",
    "letters, digits, `_`, `.` and `-`, and starts with a letter or digit",
    |c| c.is_ascii_alphanumeric(),
    word
);
name!(
    /// What a place for backups is called in the Compose file and on the command line.
    TargetName,
    "name of a backup target",
    "lower-case letters, digits, `-` and `_`, and starts with a letter or digit",
    lower_or_digit,
    |c| lower_or_digit(c) || matches!(c, '_' | '-')
);

impl TargetName {
    /// The target that there is when none is declared.
    pub fn local() -> Self {
        Self("local".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_to_its_alphabet() {
        assert!("medianest".parse::<ProjectName>().is_ok());
        for bad in ["", "Media", "-x", "a.b", "a b", "a/b"] {
            assert!(bad.parse::<ProjectName>().is_err(), "{bad}");
        }
        assert!("../etc".parse::<SecretName>().is_err());
        assert!(".hidden".parse::<SecretName>().is_err());
    }
}
