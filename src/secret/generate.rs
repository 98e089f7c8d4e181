//! Decides which secrets are missing and makes values for them, from a source of randomness that is passed in.
//!
//! Refuses to replace anything: an existing password decides what the URL says, because the database keeps the
//! password that it was initialised with.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    BEFORE_FIRST_START, GENERATE_COMMAND, aside,
    catalogue::{self, PAIRS, Pair, Server, Source},
    url,
    value::Secret,
};
use crate::model::SecretName;

/// The source of randomness failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the system gives no random bytes: {0}")]
pub struct NoRandomBytes(pub String);

/// Secrets by name.
pub type Values = BTreeMap<SecretName, Secret<Vec<u8>>>;

/// Fills a buffer with random bytes.
pub type RandomSource<'a> = dyn FnMut(&mut [u8]) -> Result<(), NoRandomBytes> + 'a;

/// The database's user and name, as POSTGRES_USER and POSTGRES_DB set them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseNames {
    /// The user that the application signs in as.
    pub user: String,
    /// The database that it opens.
    pub database: String,
}

impl Default for DatabaseNames {
    /// The bundled stack's: `medianest` for both.
    fn default() -> Self {
        Self { user: "medianest".into(), database: "medianest".into() }
    }
}

/// How one missing secret is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipe {
    /// So many random bytes as hexadecimal digits.
    Random {
        /// Number of bytes; the text is twice as long.
        bytes: usize,
    },
    /// The password that the pair's existing URL holds.
    PasswordFromUrl(&'static Pair),
    /// The pair's URL, from the password.
    UrlFromPassword(&'static Pair),
}

/// One secret that will be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// Its name.
    pub name: SecretName,
    /// How it is made.
    pub recipe: Recipe,
}

/// A secret that was made.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// Its name.
    pub name: SecretName,
    /// Its value.
    pub value: Secret<Vec<u8>>,
}

/// Why secrets cannot be made. Names files, never values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenerateError {
    /// Two existing files contradict each other.
    #[error("the secrets `{password}` and `{url}` disagree: the URL holds another password")]
    Disagree {
        /// The password's secret.
        password: &'static str,
        /// The URL's secret.
        url: &'static str,
    },
    /// The password is to be taken from a URL that has none.
    #[error("the secret `{password}` is missing, and `{url}` holds no password to take over")]
    NoPassword {
        /// The password's secret.
        password: &'static str,
        /// The URL's secret.
        url: &'static str,
    },
    /// The password is to be taken from a text that is no URL.
    #[error("the secret `{password}` is missing, and `{url}` cannot be read as a URL (is a `/`, `+` or `=` in it unencoded?)")]
    Malformed {
        /// The password's secret.
        password: &'static str,
        /// The URL's secret.
        url: &'static str,
    },
    /// A URL is to be made from a password file without content.
    #[error("the secret `{password}` is empty, so `{url}` cannot be made from it")]
    EmptyPassword {
        /// The password's secret.
        password: &'static str,
        /// The URL's secret.
        url: &'static str,
    },
    /// The database's names make a URL that the application refuses.
    #[error("`{url}` would contain a word that the application refuses ({}): it is in the database's user or name", words())]
    RefusedNames {
        /// The URL's secret.
        url: &'static str,
    },
    /// The existing password makes a URL that the application refuses.
    #[error("`{url}` would contain a word that the application refuses ({}): it is in `{password}`", words())]
    RefusedPassword {
        /// The password's secret.
        password: &'static str,
        /// The URL's secret.
        url: &'static str,
    },
    /// The source of randomness is unusable.
    #[error(transparent)]
    Random(#[from] NoRandomBytes),
}

impl GenerateError {
    /// What to run to mend it, for secrets that lie in `directory`.
    pub fn hint(&self, directory: &Path) -> Option<String> {
        let renew = |name: &str| format!("{} && {GENERATE_COMMAND}", aside(&[&directory.join(name)]));
        match self {
            // Which of the two is right, only the service knows: it keeps the password it was initialised with.
            Self::Disagree { password, url } => Some(format!("{}   # if `{password}` is the one in use", renew(url))),
            Self::NoPassword { url, .. } | Self::Malformed { url, .. } => Some(renew(url)),
            Self::EmptyPassword { password, .. } => Some(renew(password)),
            Self::RefusedPassword { password, .. } => Some(format!("{}   # {BEFORE_FIRST_START}", renew(password))),
            Self::RefusedNames { .. } => Some(format!("POSTGRES_USER=medianest POSTGRES_DB=medianest {GENERATE_COMMAND}")),
            Self::Random(_) => None,
        }
    }
}

fn words() -> String {
    catalogue::REFUSED_WORDS.join(", ")
}

/// Which of the wanted secrets are missing and how each is made, passwords before the URLs that need them. A wanted
/// URL wants its password too. Secrets that only the user can know are left out, as is everything that exists.
///
/// # Errors
/// When existing secrets contradict each other, or one that is needed for another cannot serve.
pub fn plan_generation(wanted: &BTreeSet<SecretName>, existing: &Values) -> Result<Vec<Creation>, GenerateError> {
    for pair in PAIRS {
        if let (Some(password), Some(url)) = (existing.get(pair.password), existing.get(pair.url))
            // A URL that cannot be read contradicts nothing; checking the secrets reports it.
            && let Ok(Some(other)) = url::password_of(url.expose(), pair.schemes)
            && other.expose() != password.expose()
        {
            return Err(GenerateError::Disagree { password: pair.password, url: pair.url });
        }
    }
    let needed_by_url = |name: &str| PAIRS.iter().any(|pair| pair.password == name && wanted.contains(pair.url));
    let mut plan = Vec::new();
    for name in catalogue::names() {
        if !existing.contains_key(&name)
            && (wanted.contains(&name) || needed_by_url(name.as_str()))
            && let Some(recipe) = recipe(name.as_str(), existing)?
        {
            plan.push(Creation { name, recipe });
        }
    }
    Ok(plan)
}

fn recipe(name: &str, existing: &Values) -> Result<Option<Recipe>, GenerateError> {
    Ok(match catalogue::find(name).map(|entry| entry.source) {
        None | Some(Source::Given) => None,
        Some(Source::Url(pair)) => Some(Recipe::UrlFromPassword(pair)),
        Some(Source::Random { bytes }) => match PAIRS.iter().find(|pair| pair.password == name) {
            Some(pair) if existing.contains_key(pair.url) => {
                // Whether it can be taken over is known now, before anything is written.
                password_from_url(pair, existing)?;
                Some(Recipe::PasswordFromUrl(pair))
            }
            _ => Some(Recipe::Random { bytes }),
        },
    })
}

/// Makes the values of a plan, in its order.
///
/// # Errors
/// When randomness fails, when an input of a recipe is not there or empty, or when a value would hold a word that the
/// application refuses and chance cannot change that.
pub fn generate(
    plan: &[Creation],
    existing: &Values,
    names: &DatabaseNames,
    random: &mut RandomSource<'_>,
) -> Result<Vec<NewSecret>, GenerateError> {
    let mut made: Vec<NewSecret> = Vec::with_capacity(plan.len());
    for Creation { name, recipe } in plan {
        let value = match recipe {
            Recipe::Random { bytes } => random_hex(*bytes, random)?,
            Recipe::PasswordFromUrl(pair) => password_from_url(pair, existing)?,
            Recipe::UrlFromPassword(pair) => {
                let new = made.iter().find(|new| new.name.as_str() == pair.password).map(|new| &new.value);
                url_from_password(pair, new.or_else(|| existing.get(pair.password)), names)?
            }
        };
        made.push(NewSecret { name: name.clone(), value });
    }
    Ok(made)
}

fn password_from_url(pair: &'static Pair, existing: &Values) -> Result<Secret<Vec<u8>>, GenerateError> {
    let missing = GenerateError::NoPassword { password: pair.password, url: pair.url };
    let Some(url) = existing.get(pair.url) else { return Err(missing) };
    match url::password_of(url.expose(), pair.schemes) {
        Ok(Some(password)) => Ok(password),
        Ok(None) => Err(missing),
        Err(url::Malformed) => Err(GenerateError::Malformed { password: pair.password, url: pair.url }),
    }
}

fn url_from_password(
    pair: &'static Pair,
    password: Option<&Secret<Vec<u8>>>,
    names: &DatabaseNames,
) -> Result<Secret<Vec<u8>>, GenerateError> {
    let password = match password {
        Some(password) if !password.expose().is_empty() => password.expose(),
        _ => return Err(GenerateError::EmptyPassword { password: pair.password, url: pair.url }),
    };
    let url = match pair.server {
        Server::Database => url::database(names, password),
        Server::Redis => url::redis(password),
    };
    let judged = catalogue::find(pair.url).is_some_and(|entry| entry.words_refused);
    if judged && catalogue::has_refused_word(url.expose()) {
        let in_names = [&names.user, &names.database].into_iter().any(|name| catalogue::has_refused_word(name.as_bytes()));
        return Err(match in_names {
            true => GenerateError::RefusedNames { url: pair.url },
            false => GenerateError::RefusedPassword { password: pair.password, url: pair.url },
        });
    }
    Ok(url)
}

/// Hexadecimal digits can spell only one of the refused words (`123456`), about once in 300 000 values of 64 digits; every
/// generated value avoids it, because a password ends up in a URL that is judged.
fn random_hex(bytes: usize, random: &mut RandomSource<'_>) -> Result<Secret<Vec<u8>>, GenerateError> {
    const TRIES: u32 = 16;
    let mut buffer = Zeroizing::new(vec![0_u8; bytes]);
    for _ in 0..TRIES {
        random(&mut buffer)?;
        let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
        let mut text = Vec::with_capacity(2 * bytes);
        for byte in buffer.iter() {
            text.extend([digit(byte >> 4), digit(byte & 15)]);
        }
        let value = Secret::new(text);
        if !catalogue::has_refused_word(value.expose()) {
            return Ok(value);
        }
    }
    Err(NoRandomBytes("the same pattern comes again and again".into()).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    fn all() -> BTreeSet<SecretName> {
        catalogue::names().collect()
    }

    fn values(entries: &[(&str, &str)]) -> Values {
        entries.iter().map(|(n, value)| (name(n), Secret::new(value.as_bytes().to_vec()))).collect()
    }

    /// Different bytes at each call, the same in each test.
    fn counting() -> impl FnMut(&mut [u8]) -> Result<(), NoRandomBytes> {
        let mut next = 1_u64;
        move |buffer| {
            for byte in buffer {
                // Knuth's linear congruential generator; its high bits are good enough to be different.
                next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = (next >> 56) as u8;
            }
            Ok(())
        }
    }

    fn complete(existing: &Values) -> Values {
        let plan = plan_generation(&all(), existing).unwrap();
        let made = generate(&plan, existing, &DatabaseNames::default(), &mut counting()).unwrap();
        made.into_iter()
            .map(|new| (new.name, new.value))
            .chain(existing.iter().map(|(name, value)| (name.clone(), value.clone())))
            .collect()
    }

    fn text(values: &Values, name: &str) -> String {
        String::from_utf8(values[name].expose().clone()).unwrap()
    }

    #[test]
    fn from_nothing_everything_that_can_be_made_is_made() {
        let made = complete(&Values::new());
        let given = ["overseerr_api_key", "uptime_kuma_token"];
        let want: BTreeSet<_> = all().into_iter().filter(|name| !given.contains(&name.as_str())).collect();
        assert_eq!(made.keys().cloned().collect::<BTreeSet<_>>(), want);
        assert_eq!((text(&made, "jwt_secret").len(), text(&made, "plex_client_id").len()), (64, 32));
        assert!(text(&made, "database_url").contains(&text(&made, "postgres_password")));
        assert!(text(&made, "redis_url").contains(&text(&made, "redis_password")));
        let different: BTreeSet<_> = made.values().map(|value| value.expose().clone()).collect();
        assert_eq!(different.len(), made.len(), "no value is used twice");
        assert_eq!(plan_generation(&all(), &made).unwrap(), [], "a second run has nothing to do");
    }

    /// The old script put a new random password into the new URL beside an old password file.
    #[test]
    fn a_new_url_takes_the_existing_password() {
        let made = complete(&values(&[("postgres_password", "a/b+c=")]));
        assert!(text(&made, "database_url").contains(":a%2Fb%2Bc%3D@"), "encoded, because `/` would end the URL's host");
        assert_eq!(text(&made, "postgres_password"), "a/b+c=");
    }

    #[test]
    fn a_missing_password_is_taken_out_of_the_existing_url() {
        let made = complete(&values(&[("database_url", "postgresql://u:p%40ss@db:5432/d"), ("redis_url", "redis://:r@h/0")]));
        assert_eq!((text(&made, "postgres_password"), text(&made, "redis_password")), ("p@ss".into(), "r".into()));
    }

    #[test]
    fn contradictions_name_both_files_and_no_value() {
        let cases = [
            values(&[("postgres_password", "hunter2"), ("database_url", "postgresql://u:hunter3@h/d")]),
            values(&[("database_url", "postgresql://hunter2@h/d")]),
            values(&[("database_url", "hunter2")]),
            values(&[("postgres_password", "")]),
            values(&[("postgres_password", "hunter-DeV")]),
        ];
        for existing in cases {
            let plan = plan_generation(&all(), &existing);
            let error = plan.and_then(|plan| generate(&plan, &existing, &DatabaseNames::default(), &mut counting())).unwrap_err();
            let shown = format!("{error} {error:?} {:?}", error.hint(Path::new("secrets")));
            assert!(shown.contains("postgres_password") && shown.contains("database_url"), "{shown}");
            assert!(!shown.contains("hunter") && error.hint(Path::new("secrets")).is_some(), "{shown}");
        }
    }

    #[test]
    fn only_what_is_wanted_is_made_and_a_url_wants_its_password() {
        let wanted = BTreeSet::from([name("redis_url"), name("my_own")]);
        let plan = plan_generation(&wanted, &Values::new()).unwrap();
        let names: Vec<_> = plan.iter().map(|creation| creation.name.as_str()).collect();
        assert_eq!(names, ["redis_password", "redis_url"]);
    }

    #[test]
    fn database_names_that_the_application_refuses_are_refused_here() {
        let plan = plan_generation(&all(), &Values::new()).unwrap();
        let names = DatabaseNames { user: "medianest".into(), database: "medianest_dev".into() };
        let error = generate(&plan, &Values::new(), &names, &mut counting()).unwrap_err();
        assert_eq!(error, GenerateError::RefusedNames { url: "database_url" });
    }

    /// The old scripts' base64 contained "dev" now and then; hexadecimal digits can still contain 123456.
    #[test]
    fn chance_never_spells_a_refused_word() {
        let mut calls = 0;
        let mut random = |buffer: &mut [u8]| {
            calls += 1;
            buffer.fill(if calls == 1 { 0x12 } else { 0xab });
            if calls == 1 {
                buffer[3..6].copy_from_slice(&[0x12, 0x34, 0x56]);
            }
            Ok(())
        };
        assert_eq!(random_hex(16, &mut random).unwrap().expose(), "ab".repeat(16).as_bytes());
        let mut stuck = |buffer: &mut [u8]| {
            buffer.copy_from_slice(&[0x12, 0x34, 0x56, 0x78]);
            Ok(())
        };
        assert!(matches!(random_hex(4, &mut stuck), Err(GenerateError::Random(_))));
    }

    #[test]
    fn a_failing_source_of_randomness_is_an_error() {
        let plan = plan_generation(&all(), &Values::new()).unwrap();
        let failed = generate(&plan, &Values::new(), &DatabaseNames::default(), &mut |_| Err(NoRandomBytes("gone".into())));
        assert_eq!(failed.unwrap_err(), GenerateError::Random(NoRandomBytes("gone".into())));
    }

    proptest! {
        /// Whatever part of a complete set is left: the rest is made anew, and what the parts say agrees.
        #[test]
        fn any_part_is_completed_without_contradiction(keep in proptest::collection::vec(any::<bool>(), 12)) {
            let full = complete(&Values::new());
            let part: Values = full
                .iter()
                .zip(keep)
                .filter(|(_, keep)| *keep)
                .map(|((name, value), _)| (name.clone(), value.clone()))
                .collect();
            let again = complete(&part);
            for (name, value) in &part {
                prop_assert_eq!(again[name].expose(), value.expose());
            }
            prop_assert_eq!(plan_generation(&all(), &again).unwrap(), vec![]);
            prop_assert!(text(&again, "database_url").contains(&text(&again, "postgres_password")));
            prop_assert!(text(&again, "redis_url").contains(&text(&again, "redis_password")));
        }
    }
}
