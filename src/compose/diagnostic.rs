//! What is wrong with a project, where, and what to do about it.
//!
//! Owns the public diagnostic types and the report that every stage writes into, so that one run shows all that is
//! wrong. Refuses to quote a line of an environment file: it may hold a secret.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// A position in a file that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One thing that is wrong, or worth a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Where; `None` when no line of a file is to blame.
    pub place: Option<Place>,
    /// Dotted path of the value (`services.web.ports[0]`), empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The line of the file, for rendering. Never set for environment files.
    pub snippet: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " (hint: {hint})")?;
        }
        Ok(())
    }
}

/// Everything that makes a project unusable. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// A position, small enough to sit in every node of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    /// Which file, as an index that [`Report::add_file`] gave.
    pub(super) file: usize,
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
}

/// Most errors, and most warnings, that are kept: nobody reads more at once, and a broken file can have thousands.
const MAX_KEPT: usize = 100;

/// A file whose lines may be shown.
struct SourceFile {
    name: String,
    /// Empty for environment files.
    text: String,
}

/// Collects what every stage of the loader has to say.
#[derive(Default)]
pub(super) struct Report {
    files: Vec<SourceFile>,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    spoiled: BTreeSet<Spot>,
    /// Errors that were not kept.
    more: usize,
}

impl Report {
    /// Makes a file known whose lines may be shown.
    pub(super) fn add_file(&mut self, name: &str, text: &str) -> usize {
        self.files.push(SourceFile { name: name.to_owned(), text: text.to_owned() });
        self.files.len() - 1
    }

    /// Makes a file known whose lines must not be shown.
    pub(super) fn add_secret_file(&mut self, name: &str) -> usize {
        self.add_file(name, "")
    }

    /// The public form of a position.
    pub(super) fn place(&self, spot: Spot) -> Option<Place> {
        let file = self.files.get(spot.file)?;
        Some(Place { file: file.name.clone(), line: spot.line, column: spot.column })
    }

    /// `line 3`, with the file's name when it is not the one that `from` lies in.
    pub(super) fn describe(&self, spot: Spot, from: Option<Spot>) -> String {
        match self.files.get(spot.file) {
            Some(file) if from.is_none_or(|from| from.file != spot.file) => format!("{}, line {}", file.name, spot.line),
            _ => format!("line {}", spot.line),
        }
    }

    fn diagnostic(&self, spot: Option<Spot>, key: &str, message: String, hint: Option<String>) -> Diagnostic {
        let line = |spot: Spot| {
            let line = self.files.get(spot.file)?.text.lines().nth(spot.line.checked_sub(1)?)?;
            (!line.trim().is_empty()).then(|| line.trim_end().to_owned())
        };
        Diagnostic {
            place: spot.and_then(|spot| self.place(spot)),
            key: key.to_owned(),
            message,
            hint,
            snippet: spot.and_then(line),
        }
    }

    /// Something that makes the project unusable.
    pub(super) fn error(&mut self, spot: Option<Spot>, key: &str, message: impl Into<String>) {
        self.add_error(spot, key, message.into(), None);
    }

    /// The same, with what to do about it.
    pub(super) fn error_hint(&mut self, spot: Option<Spot>, key: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.add_error(spot, key, message.into(), Some(hint.into()));
    }

    /// The same about a line that holds a secret, which is not shown.
    pub(super) fn secret_error(&mut self, spot: Option<Spot>, key: &str, message: &str, hint: &str) {
        let kept = self.errors.len();
        self.error_hint(spot, key, message, hint);
        if let Some(added) = self.errors.get_mut(kept) {
            added.snippet = None;
        }
    }

    fn add_error(&mut self, spot: Option<Spot>, key: &str, message: String, hint: Option<String>) {
        if spot.is_some_and(|spot| self.spoiled.contains(&spot)) {
            return;
        }
        if self.errors.len() >= MAX_KEPT {
            self.more += 1;
            return;
        }
        let diagnostic = self.diagnostic(spot, key, message, hint);
        self.errors.push(diagnostic);
    }

    /// Keeps further errors about one value back: they would only follow from the one that is reported.
    pub(super) fn spoil(&mut self, spot: Spot) {
        self.spoiled.insert(spot);
    }

    /// Something that is probably not meant.
    pub(super) fn warning(&mut self, spot: Option<Spot>, key: &str, message: impl Into<String>, hint: Option<&str>) {
        if self.warnings.len() >= MAX_KEPT {
            return;
        }
        let diagnostic = self.diagnostic(spot, key, message.into(), hint.map(str::to_owned));
        if !self.warnings.contains(&diagnostic) {
            self.warnings.push(diagnostic);
        }
    }

    /// Whether anything makes the project unusable so far.
    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Errors if there are any, else the warnings; both in the order of the files.
    pub(super) fn finish(mut self) -> Result<Vec<Diagnostic>, Diagnostics> {
        if !self.errors.is_empty() {
            return Err(self.into_errors());
        }
        let warnings = std::mem::take(&mut self.warnings);
        Ok(self.sorted(warnings))
    }

    /// The errors, for a stage that cannot go on.
    pub(super) fn into_errors(mut self) -> Diagnostics {
        let errors = std::mem::take(&mut self.errors);
        let mut errors = self.sorted(errors);
        if self.more > 0 {
            let message = format!("{} more mistakes are not shown", self.more);
            errors.push(self.diagnostic(None, "", message, None));
        }
        Diagnostics(errors)
    }

    fn sorted(&self, mut list: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let rank = |name: &str| self.files.iter().position(|file| file.name == name).unwrap_or(usize::MAX);
        list.sort_by_key(|d| d.place.as_ref().map_or((usize::MAX, 0, 0), |p| (rank(&p.file), p.line, p.column)));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_shows_place_key_message_and_hint() {
        let mut report = Report::default();
        let file = report.add_file("compose.yaml", "a: 1\nb: 2\n");
        let secret = report.add_secret_file(".env");
        report.error_hint(Some(Spot { file, line: 2, column: 4 }), "b", "is wrong", "mend it");
        report.error(Some(Spot { file: secret, line: 1, column: 1 }), "", "is not a variable");
        report.error(None, "name", "is missing");
        let errors = report.finish().unwrap_err();
        assert_eq!(errors.0[0].snippet.as_deref(), Some("b: 2"));
        assert_eq!(errors.0[1].snippet, None);
        assert_eq!(
            errors.to_string(),
            "compose.yaml:2:4: b: is wrong (hint: mend it)\n.env:1:1: is not a variable\nname: is missing"
        );
    }

    #[test]
    fn a_line_with_a_secret_is_named_and_not_shown() {
        let mut report = Report::default();
        let file = report.add_file("compose.yaml", "key: hunter2\n");
        report.secret_error(Some(Spot { file, line: 1, column: 6 }), "key", "is a secret", "take it out");
        let errors = report.into_errors();
        assert_eq!(errors.to_string(), "compose.yaml:1:6: key: is a secret (hint: take it out)");
        assert!(!format!("{errors:?}").contains("hunter2"));
    }

    #[test]
    fn a_flood_of_errors_is_cut() {
        let mut report = Report::default();
        (0..150).for_each(|i| report.error(None, "", format!("{i}")));
        let errors = report.into_errors();
        assert_eq!(errors.0.len(), MAX_KEPT + 1);
        assert_eq!(errors.0[MAX_KEPT].message, "50 more mistakes are not shown");
    }

    #[test]
    fn errors_come_in_the_order_of_the_lines_and_a_warning_comes_once() {
        let mut report = Report::default();
        let file = report.add_file("c", "");
        report.warning(Some(Spot { file, line: 9, column: 1 }), "b", "later", None);
        report.warning(Some(Spot { file, line: 2, column: 1 }), "a", "earlier", None);
        report.warning(Some(Spot { file, line: 2, column: 1 }), "a", "earlier", None);
        let warnings = report.finish().unwrap();
        assert_eq!(warnings.iter().map(|w| w.message.as_str()).collect::<Vec<_>>(), ["earlier", "later"]);
    }
}
