//! Questions. Asked only where a person can answer; elsewhere the error names the flag that answers.

use dialoguer::{Input, theme::SimpleTheme};
use thiserror::Error;

use super::Ui;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum PromptError {
    /// Nobody can be asked.
    #[error("this needs an answer and there is no terminal to ask at: {question}")]
    NotInteractive {
        /// What would have been asked.
        question: String,
        /// The flag that answers.
        flag: &'static str,
    },
    /// The person said no.
    #[error("not confirmed; nothing was changed")]
    Declined,
    /// The terminal failed.
    #[error("cannot ask: {0}")]
    Terminal(#[from] dialoguer::Error),
}

/// Asks for consent; `--yes` gives it beforehand.
pub fn confirm(ui: &Ui, question: &str) -> Result<(), PromptError> {
    if ui.yes {
        return Ok(());
    }
    if !ui.interactive {
        return Err(PromptError::NotInteractive { question: question.to_owned(), flag: "--yes" });
    }
    // A whole line: one key in the middle of a question must not be taken for consent.
    let prompt = format!("{question} [y/N]");
    let answer: String = Input::with_theme(&SimpleTheme).with_prompt(prompt).allow_empty(true).interact_text()?;
    if consents(&answer) { Ok(()) } else { Err(PromptError::Declined) }
}

/// Whether an answer is a yes; whatever else it is, it is a no.
fn consents(answer: &str) -> bool {
    let answer = answer.trim();
    answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes")
}

/// Asks for a text; the default where nobody can be asked.
pub fn input(ui: &Ui, question: &str, default: &str) -> Result<String, PromptError> {
    if ui.yes || !ui.interactive {
        return Ok(default.to_owned());
    }
    Ok(Input::with_theme(&SimpleTheme).with_prompt(question).default(default.to_owned()).interact_text()?)
}

#[cfg(test)]
mod tests {
    use super::consents;

    #[test]
    fn only_yes_is_a_yes() {
        for yes in ["y", "Y", "yes", "Yes", " YES "] {
            assert!(consents(yes), "{yes}");
        }
        for no in ["", " ", "n", "no", "why?", "yesterday", "yy", "y n", "not yet", "ye", "1", "ok"] {
            assert!(!consents(no), "{no}");
        }
    }
}
