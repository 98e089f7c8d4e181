//! The process environment, read through one door, and the application's rules for what must be in it.
//!
//! Errors name the variable and never its value: they end up in container logs.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Words that the application takes for the mark of a value nobody replaced.
const WORDS_OF_PLACEHOLDERS: [&str; 9] =
    ["test", "demo", "dev", "default", "example", "changeme", "secret", "password", "123456"];

/// Environment variables by name.
#[derive(Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

/// A variable that a role cannot start with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    #[error("the environment variable {name} is shorter than {minimum} characters")]
    TooShort { name: &'static str, minimum: usize },
    #[error("the environment variable {0} looks like a placeholder, which production refuses")]
    Placeholder(&'static str),
    #[error("the environment variable {name} is not {expected}")]
    Malformed { name: &'static str, expected: &'static str },
}

/// A variable that must exist.
pub(crate) struct Requirement {
    pub(crate) name: &'static str,
    pub(crate) minimum: usize,
}

impl Environment {
    pub(crate) fn of_process() -> Self {
        // A value that is no UTF-8 is of no use to anybody here.
        Self(
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect(),
        )
    }

    /// The value, unless it is unset or empty: an empty variable is how Compose files say "not set".
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn require(&self, name: &'static str) -> Result<&str, Unfit> {
        self.get(name).ok_or(Unfit::Missing(name))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true"))
    }

    /// The parsed value; `expected` finishes the sentence "… is not …".
    pub(crate) fn parse<T: FromStr>(&self, name: &'static str, expected: &'static str) -> Result<Option<T>, Unfit> {
        self.get(name).map(|value| value.parse().map_err(|_| Unfit::Malformed { name, expected })).transpose()
    }

    /// Checks what the application checks before it starts.
    pub(crate) fn check(&self, requirements: &[Requirement]) -> Result<(), Unfit> {
        let in_production = self.get("NODE_ENV") == Some("production");
        for &Requirement { name, minimum } in requirements {
            let value = self.require(name)?;
            if value.len() < minimum {
                return Err(Unfit::TooShort { name, minimum });
            }
            let value = value.to_ascii_lowercase();
            if in_production && WORDS_OF_PLACEHOLDERS.iter().any(|word| value.contains(word)) {
                return Err(Unfit::Placeholder(name));
            }
        }
        Ok(())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Requirement = Requirement { name: "KEY", minimum: 8 };

    #[test]
    fn an_empty_variable_counts_as_missing() {
        assert_eq!(Environment::from([("KEY", "")]).check(&[KEY]), Err(Unfit::Missing("KEY")));
        assert_eq!(Environment::default().check(&[KEY]), Err(Unfit::Missing("KEY")));
    }

    #[test]
    fn a_short_value_is_refused() {
        assert_eq!(Environment::from([("KEY", "a1b2c3d")]).check(&[KEY]), Err(Unfit::TooShort { name: "KEY", minimum: 8 }));
        assert_eq!(Environment::from([("KEY", "a1b2c3d4")]).check(&[KEY]), Ok(()));
    }

    #[test]
    fn production_alone_refuses_placeholders_in_any_case() {
        for word in WORDS_OF_PLACEHOLDERS {
            let value = format!("a1b2c3d4{}e5", word.to_uppercase());
            let variables = |mode| Environment::from([("NODE_ENV", mode), ("KEY", value.as_str())]);
            assert_eq!(variables("production").check(&[KEY]), Err(Unfit::Placeholder("KEY")), "{word}");
            assert_eq!(variables("development").check(&[KEY]), Ok(()), "{word}");
        }
    }

    #[test]
    fn an_error_names_the_variable_and_never_its_value() {
        let environment = Environment::from([("NODE_ENV", "production"), ("KEY", "dev-9f8e7d6c")]);
        let message = environment.check(&[KEY]).unwrap_err().to_string();
        assert!(message.contains("KEY") && !message.contains("9f8e7d6c"), "{message}");

        let message = Environment::from([("PORT", "eighty")]).parse::<u16>("PORT", "a port").unwrap_err().to_string();
        assert_eq!(message, "the environment variable PORT is not a port");
    }
}
