//! Marks for text: colour where the stream takes it, and never colour alone.

use std::fmt::Display;

/// How text of one stream is marked.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    color: bool,
}

impl Marks {
    pub(super) fn new(color: bool) -> Self {
        Self { color }
    }

    fn paint(self, code: &str, text: impl Display) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }

    /// Something good.
    pub fn good(self, text: impl Display) -> String {
        self.paint("32", text)
    }

    /// Something to look at.
    pub fn warning(self, text: impl Display) -> String {
        self.paint("33", text)
    }

    /// Something bad.
    pub fn bad(self, text: impl Display) -> String {
        self.paint("1;31", text)
    }

    /// What to do.
    pub fn hint(self, text: impl Display) -> String {
        self.paint("36", text)
    }

    /// Less important.
    pub fn dim(self, text: impl Display) -> String {
        self.paint("2", text)
    }

    /// More important.
    pub fn strong(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    /// One of several colours, the same for the same index.
    pub fn series(self, index: usize, text: impl Display) -> String {
        const COLORS: [&str; 6] = ["36", "33", "32", "35", "34", "96"];
        self.paint(COLORS[index % COLORS.len()], text)
    }
}
