//! Questions. Asked only where a person can answer; elsewhere the error names the flag that answers.

use dialoguer::{Confirm, Input, theme::SimpleTheme};
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
    if Confirm::with_theme(&SimpleTheme).with_prompt(question).default(false).interact()? {
        Ok(())
    } else {
        Err(PromptError::Declined)
    }
}

/// Asks for a text; the default where nobody can be asked.
pub fn input(ui: &Ui, question: &str, default: &str) -> Result<String, PromptError> {
    if ui.yes || !ui.interactive {
        return Ok(default.to_owned());
    }
    Ok(Input::with_theme(&SimpleTheme).with_prompt(question).default(default.to_owned()).interact_text()?)
}
