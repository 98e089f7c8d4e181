//! What can be wrong with a secret, told without telling the secret. Judges values that are passed in; refuses to read
//! files and to mend anything.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::Serialize;

use super::{
    BEFORE_FIRST_START, GENERATE_COMMAND, aside,
    catalogue::{self, Entry, PAIRS, Source},
    quoted, url,
    value::Secret,
};

/// Kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// There is no such file.
    Missing,
    /// The file cannot be read, or is no ordinary file, or too large.
    Unreadable,
    /// The file is empty.
    Empty,
    /// The application demands more characters.
    TooShort,
    /// The text of a template is still in it.
    Placeholder,
    /// It contains a word that the application refuses.
    RefusedWord,
    /// It is meant to be a URL and is none.
    MalformedUrl,
    /// A URL and the password beside it differ.
    Disagrees,
    /// A password that breaks a URL when it is pasted there as it is.
    NotUrlSafe,
    /// White space at an end, most likely unintended.
    Whitespace,
    /// Others than the owner may read the file or enter the directory.
    Permissions,
    /// A file that is no secret.
    Stray,
}

impl ProblemKind {
    /// Whether the stack cannot work with it. The others are weaknesses to mend when there is time.
    pub const fn blocks(self) -> bool {
        match self {
            Self::Missing
            | Self::Unreadable
            | Self::Empty
            | Self::TooShort
            | Self::Placeholder
            | Self::RefusedWord
            | Self::MalformedUrl
            | Self::Disagrees => true,
            Self::NotUrlSafe | Self::Whitespace | Self::Permissions | Self::Stray => false,
        }
    }
}

/// Something wrong with a secret, a stray file, or the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The secret's name; a file's name, or the directory's path, when it is none.
    pub name: String,
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// What is wrong, in words that follow the name.
    pub what: String,
    /// A command that mends it.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.name, self.what)
    }
}

/// A command that brings a missing secret into being: generated where that is possible, typed in otherwise.
pub(super) fn create(name: &str, path: &Path) -> String {
    // Only files that bear the secret's name are generated.
    if path.ends_with(name) && catalogue::find(name).is_some_and(|entry| entry.source != Source::Given) {
        GENERATE_COMMAND.to_owned()
    } else {
        format!("install -m 600 /dev/stdin {}   # type the value, then Ctrl-D", quoted(path))
    }
}

/// A command that puts a new value in place of an existing one, and of the URL that repeats it.
fn renew(name: &str, path: &Path, url: Option<&Path>) -> String {
    let files: Vec<_> = std::iter::once(path).chain(url).collect();
    let when = if name == "postgres_password" { format!("   # {BEFORE_FIRST_START}") } else { String::new() };
    format!("{} && {}{when}", aside(&files), create(name, path))
}

/// Values by name, with their paths.
pub(super) type Located<'a> = BTreeMap<&'a str, (&'a Path, Secret<Vec<u8>>)>;

/// What is wrong with the values, each for itself and in pairs. Paths are only for the hints.
pub(super) fn values(values: &Located<'_>) -> Vec<Problem> {
    let each = values.iter().flat_map(|(name, (path, value))| {
        let pair = PAIRS.iter().find(|pair| pair.password == *name);
        let url = pair.and_then(|pair| values.get(pair.url)).map(|(path, _)| *path);
        one(name, path, url, value.expose())
    });
    each.chain(pairs(values)).collect()
}

fn one(name: &str, path: &Path, url: Option<&Path>, value: &[u8]) -> Vec<Problem> {
    let entry = catalogue::find(name);
    // An empty password is taken out of its URL again, which stays.
    let url = url.filter(|_| !value.is_empty());
    let problem = |kind, what: String| Problem { name: name.to_owned(), kind, what, hint: renew(name, path, url) };
    let optional = entry.is_some_and(|entry| entry.optional);
    if value.trim_ascii().is_empty() {
        return if optional { Vec::new() } else { vec![problem(ProblemKind::Empty, "is empty".into())] };
    }
    let mut found = Vec::new();
    if is_placeholder(value) {
        found.push(problem(ProblemKind::Placeholder, "still holds the text of a template".into()));
    } else if let Some(Entry { min_length, .. }) = entry
        && value.len() < *min_length
    {
        found.push(problem(
            ProblemKind::TooShort,
            format!("has {} characters; the application demands {min_length}", value.len()),
        ));
    } else if entry.is_some_and(|entry| entry.words_refused) && catalogue::has_refused_word(value) {
        let words = catalogue::REFUSED_WORDS.join(", ");
        found.push(problem(ProblemKind::RefusedWord, format!("contains a word that the application refuses ({words})")));
    }
    if value.first().is_some_and(u8::is_ascii_whitespace) || value.last().is_some_and(u8::is_ascii_whitespace) {
        found.push(problem(ProblemKind::Whitespace, "begins or ends with white space".into()));
    }
    found
}

/// The texts that templates leave for the user to replace. The old scripts knew only two of them.
fn is_placeholder(value: &[u8]) -> bool {
    const MARKS: &[&str] = &[
        "replace_with",
        "replace-with",
        "replaceme",
        "replace_me",
        "changeme",
        "change_me",
        "change-me",
        "generate",
        "your_",
        "your-",
    ];
    let text = zeroize::Zeroizing::new(value.to_ascii_lowercase());
    let angle = text.iter().position(|byte| *byte == b'<').is_some_and(|open| text[open..].contains(&b'>'));
    angle || MARKS.iter().any(|mark| text.windows(mark.len()).any(|part| part == mark.as_bytes()))
}

/// What is wrong between URLs and the passwords that they repeat.
fn pairs(values: &Located<'_>) -> Vec<Problem> {
    let mut found = Vec::new();
    for pair in PAIRS {
        let Some((url_path, url_value)) = values.get(pair.url) else { continue };
        let read = url::password_of(url_value.expose(), pair.schemes);
        let password = values.get(pair.password);
        let renew_url = renew(pair.url, url_path, None);
        let problem = |kind, what: String, hint| Problem { name: pair.url.to_owned(), kind, what, hint };
        let agrees = match (&read, password) {
            (Err(url::Malformed), _) => {
                let what = format!("is no {}:// URL, or its password is not percent-encoded", pair.schemes[0]);
                found.push(problem(ProblemKind::MalformedUrl, what, renew_url));
                false
            }
            (Ok(inside), Some((_, password)))
                if inside.as_ref().map(|inside| inside.expose().as_slice()) != Some(password.expose()) =>
            {
                // Which of the two is right, only the service knows: it keeps the password it was initialised with.
                let what = format!("holds another password than `{}`", pair.password);
                let hint = format!("{renew_url}   # if `{}` is the one in use", pair.password);
                found.push(problem(ProblemKind::Disagrees, what, hint));
                false
            }
            _ => true,
        };
        if let Some((password_path, password)) = password
            && !agrees
            && !url::is_safe(password.expose())
        {
            found.push(Problem {
                name: pair.password.to_owned(),
                kind: ProblemKind::NotUrlSafe,
                what: format!("holds characters that a URL takes only percent-encoded, as `{}` must", pair.url),
                hint: renew(pair.password, password_path, Some(url_path)),
            });
        }
    }
    found
}
