//! Says what happens: to a person at a terminal, to a file, or to a machine.
//!
//! Layer 4 and the only place that prints. Data goes to standard output; progress, questions and errors go to standard
//! error. Refuses to decide: it is told everything, and asks only what it is told to ask.

mod backups;
mod format;
mod problem;
mod progress;
mod prompt;
mod releases;
mod render;
mod table;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;

pub use backups::{Standing, backup_page, backups_table, prune_table, standing, why};
pub use problem::Problem;
pub use progress::Progress;
pub use prompt::{PromptError, confirm, input};
pub use releases::{release_diff, release_page, releases_table};
pub use render::{checks, duration, plan_summary, status_table};
pub use table::Table;

/// How output looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person: colours and live progress on a terminal, else plain lines.
    Human,
    /// For a person or a log: plain lines wherever it goes.
    Plain,
    /// For a machine: one JSON document for queries, one JSON object a line for actions.
    Json,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and data.
    Quiet,
    /// And what happens.
    Normal,
    /// And every step with its cause.
    Verbose,
}

/// Why data could not be written, the first time that it could not. The stream is one for the process, and so is this.
static UNWRITTEN: OnceLock<String> = OnceLock::new();

/// Where everything that is said goes through.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    /// How it looks.
    pub format: Format,
    /// How much is said.
    pub verbosity: Verbosity,
    /// Questions may be asked: there is a person at a terminal who has not ruled it out.
    pub interactive: bool,
    /// Every question is answered with yes beforehand.
    pub yes: bool,
    color_out: bool,
    color_err: bool,
    live: bool,
}

/// What the environment and the flags say about output.
#[derive(Debug, Clone, Copy)]
pub struct UiOptions {
    /// How it looks.
    pub format: Format,
    /// How much is said.
    pub verbosity: Verbosity,
    /// When colours are used.
    pub color: Color,
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// `--non-interactive`.
    pub non_interactive: bool,
    /// `--yes`.
    pub yes: bool,
    /// `TERM=dumb`.
    pub dumb: bool,
}

impl Ui {
    /// Looks at each stream once.
    pub fn new(options: UiOptions) -> Self {
        let (out, err, input) = (io::stdout().is_terminal(), io::stderr().is_terminal(), io::stdin().is_terminal());
        let color = |terminal: bool| match options.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !options.no_color && !options.dumb && options.format == Format::Human,
        };
        Self {
            format: options.format,
            verbosity: options.verbosity,
            interactive: input && err && !options.non_interactive && options.format != Format::Json,
            yes: options.yes,
            color_out: color(out),
            color_err: color(err),
            live: err && options.format == Format::Human && !options.dumb && options.verbosity != Verbosity::Quiet,
        }
    }

    /// Whether progress is drawn and drawn again.
    pub fn live(&self) -> bool {
        self.live
    }

    /// Whether output is for a machine.
    pub fn json(&self) -> bool {
        self.format == Format::Json
    }

    /// How text on standard output is marked.
    pub fn out(&self) -> format::Marks {
        format::Marks::new(self.color_out)
    }

    /// How text on standard error is marked.
    pub fn err(&self) -> format::Marks {
        format::Marks::new(self.color_err)
    }

    /// Data, on standard output. Returns whether anybody still reads: a stream without end stops when nobody does, and
    /// everything else goes on, because work under way must not depend on who watches it.
    pub fn data(&self, text: &str) -> bool {
        let mut out = io::stdout().lock();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let written = out.write_all(text.as_bytes()).and_then(|()| out.write_all(end.as_bytes())).and_then(|()| out.flush());
        match &written {
            // Who closes a pipe has read enough.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                let _ = UNWRITTEN.set(error.to_string());
            }
            _ => {}
        }
        written.is_ok()
    }

    /// Why data has not come to standard output; `None` when all of it has, or nobody wanted to read on.
    pub fn unwritten(&self) -> Option<&'static str> {
        UNWRITTEN.get().map(String::as_str)
    }

    /// Says on standard error, whatever the format, that data is lacking on standard output.
    pub fn tell_unwritten(&self, why: &str) {
        self.tell(&format!("{} the output could not be written: {why}", self.err().bad("error:")));
    }

    /// One JSON document, on standard output.
    pub fn document(&self, value: &impl serde::Serialize) {
        self.data(&serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// One JSON object on a line of its own, on standard output.
    pub fn line(&self, value: &impl serde::Serialize) -> bool {
        self.data(&serde_json::to_string(value).unwrap_or_default())
    }

    /// What happens, on standard error; nothing in quiet or JSON mode.
    pub fn say(&self, text: &str) {
        if self.verbosity != Verbosity::Quiet && !self.json() {
            self.tell(text);
        }
    }

    /// A warning, on standard error in every mode: a machine's log is read by people as well.
    pub fn warn(&self, text: &str, hint: Option<&str>) {
        let marks = self.err();
        self.tell(&format!("{} {text}", marks.warning("warning:")));
        if let Some(hint) = hint {
            self.tell(&format!("{} {hint}", marks.hint("hint:")));
        }
    }

    /// Something to know, on standard error; nothing in quiet or JSON mode.
    pub fn note(&self, text: &str, hint: Option<&str>) {
        self.remark(&self.err().strong("note:"), text, hint);
    }

    fn remark(&self, mark: &str, text: &str, hint: Option<&str>) {
        self.say(&format!("{mark} {text}"));
        if let Some(hint) = hint {
            self.say(&format!("{} {hint}", self.err().hint("hint:")));
        }
    }

    fn tell(&self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = writeln!(err, "{text}");
    }
}
