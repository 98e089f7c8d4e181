//! What is to go wrong, and the journal of what was asked.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::ErrorKind;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The engine refuses; nothing is done.
    Error,
    /// The engine refuses for a reason of this kind, which nothing that it shows explains; nothing is done.
    Refuses(ErrorKind),
    /// Nothing is done and no answer comes, until the caller's patience ends.
    Hang,
    /// It is done, and the answer does not arrive.
    LoseAnswer,
}

/// Planned faults, and every call so far.
#[derive(Debug, Default)]
pub(super) struct Faults {
    by_number: BTreeMap<u64, Fault>,
    by_text: VecDeque<(String, Fault)>,
    mutating: u64,
    journal: Vec<(bool, String)>,
}

impl Faults {
    pub(super) fn plan_number(&mut self, number: u64, fault: Fault) {
        self.by_number.insert(number, fault);
    }

    pub(super) fn plan_text(&mut self, text: &str, fault: Fault) {
        self.by_text.push_back((text.to_owned(), fault));
    }

    pub(super) fn note_reading(&mut self, line: String) {
        self.journal.push((false, line));
    }

    /// Writes a mutating call down and says what is to go wrong with it. Each planned fault strikes once.
    pub(super) fn note_mutating(&mut self, line: String) -> Option<Fault> {
        self.mutating += 1;
        let by_text = self.by_text.iter().position(|(text, _)| line.contains(text.as_str()));
        self.journal.push((true, line));
        let by_text = by_text.and_then(|at| self.by_text.remove(at)).map(|(_, fault)| fault);
        self.by_number.remove(&self.mutating).or(by_text)
    }

    pub(super) fn journal(&self, mutating_only: bool) -> Vec<String> {
        self.journal.iter().filter(|(mutating, _)| *mutating || !mutating_only).map(|(_, line)| line.clone()).collect()
    }
}
