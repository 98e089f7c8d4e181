//! Backups for people: the list, one of them, what goes and what stays.

use std::fmt::Write as _;

use super::{Table, Ui, format::Marks};
use crate::backup::{
    catalog::{Condition, Found},
    manifest::{Manifest, Openers},
    prune::Decision,
    retention::Fate,
    set::SetId,
    verified::{Outcome, Verified},
    verify::Depth,
};
use crate::model::{Bytes, TargetName};

/// What a set is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Whole, and nothing is known to be wrong.
    Good,
    /// Being made, or cut short.
    Unfinished,
    /// Something is wrong with it.
    Damaged,
    /// Not made by this deployment.
    Foreign,
    /// It cannot be told now.
    Unknown,
}

impl Standing {
    /// The word, for people and machines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unfinished => "unfinished",
            Self::Damaged => "damaged",
            Self::Foreign => "foreign",
            Self::Unknown => "unknown",
        }
    }

    fn shown(self, marks: Marks) -> (String, String) {
        let word = self.word().to_owned();
        let shown = match self {
            Self::Good => marks.good(&word),
            Self::Damaged => marks.bad(&word),
            Self::Unfinished | Self::Unknown => marks.warning(&word),
            Self::Foreign => marks.dim(&word),
        };
        (word, shown)
    }
}

/// What a folder among the sets is; `damaged` tells of sets whose contents are known to be.
pub fn standing(found: &Found, damaged: &dyn Fn(SetId) -> bool) -> Standing {
    match &found.condition {
        Condition::Whole(_) if found.set.is_some_and(damaged) => Standing::Damaged,
        Condition::Whole(_) => Standing::Good,
        Condition::Unfinished => Standing::Unfinished,
        Condition::Damaged(_) => Standing::Damaged,
        Condition::Foreign(_) => Standing::Foreign,
        Condition::Unknown(_) => Standing::Unknown,
    }
}

/// Why it is no good set, as far as the list can tell.
pub fn why(found: &Found) -> Option<String> {
    match &found.condition {
        Condition::Whole(_) => None,
        Condition::Unfinished => Some("it has no manifest: it is being made, or was cut short".to_owned()),
        Condition::Damaged(flaws) => Some(flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        Condition::Foreign(Some(error)) => Some(error.to_string()),
        Condition::Foreign(None) => Some("it is no backup set".to_owned()),
        Condition::Unknown(error) => Some(error.to_string()),
    }
}

fn plain(text: impl Into<String>) -> (String, String) {
    let text = text.into();
    (text.clone(), text)
}

fn heads<const N: usize>(marks: Marks, heads: [&str; N]) -> Vec<(String, String)> {
    heads.map(|head| (head.to_owned(), marks.dim(head))).into()
}

fn when(moment: chrono::DateTime<chrono::Utc>) -> String {
    moment.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn verified_word(outcome: Option<&Outcome>) -> String {
    let Some(outcome) = outcome else { return "never".to_owned() };
    let part =
        if outcome.checked < outcome.objects { format!(", {} of {}", outcome.checked, outcome.objects) } else { String::new() };
    let depth = match outcome.depth {
        Depth::Stored => "stored bytes",
        Depth::Contents => "contents",
    };
    format!("{} ({depth}{part})", outcome.at.format("%Y-%m-%d"))
}

/// The sets of all targets, the newest first.
pub fn backups_table(ui: &Ui, listed: &[(TargetName, Vec<Found>)], verified: &Verified) -> String {
    let marks = ui.out();
    let mut table = Table::default();
    table.painted(heads(marks, ["BACKUP", "TARGET", "STATE", "SIZE", "VERIFIED", "LABEL"]));
    let mut rows: Vec<_> = listed.iter().flat_map(|(target, sets)| sets.iter().map(move |found| (found, target))).collect();
    rows.sort_by(|(a, x), (b, y)| b.name.cmp(&a.name).then_with(|| x.cmp(y)));
    for (found, target) in rows {
        let standing = standing(found, &|set| verified.is_damaged(target, set));
        let label = found.manifest().and_then(|manifest| manifest.manifest().label.clone()).unwrap_or_default();
        let outcome = found.set.and_then(|set| verified.of(target, set));
        table.painted(vec![
            plain(&*found.name),
            plain(target.as_str()),
            standing.shown(marks),
            plain(Bytes(found.bytes).to_string()),
            plain(if found.manifest().is_some() { verified_word(outcome) } else { "-".to_owned() }),
            plain(label),
        ]);
    }
    table.render()
}

fn openers(openers: &Openers) -> String {
    match openers {
        Openers::Everybody => "everybody: it is not encrypted".to_owned(),
        Openers::Passphrase => "who knows the passphrase".to_owned(),
        Openers::Recipients(prints) => {
            let prints: Vec<_> = prints.iter().map(ToString::to_string).collect();
            format!("the keys {}", prints.join(", "))
        }
    }
}

/// One set.
pub fn backup_page(ui: &Ui, target: &TargetName, found: &Found, standing: Standing, outcome: Option<&Outcome>) -> String {
    let marks = ui.out();
    let mut text = String::new();
    let _ = writeln!(text, "{}: {}", marks.strong(format!("backup {} at {target}", found.name)), standing.shown(marks).1);
    let mut facts = Table::default();
    let mut fact = |name: &str, value: String| facts.painted(vec![(name.to_owned(), marks.dim(name)), plain(value)]);
    if let Some(why) = why(found) {
        fact("why", why);
    }
    for (object, what) in outcome.iter().flat_map(|outcome| &outcome.flaws) {
        fact("damaged", format!("{object}: {what}"));
    }
    if let Some(set) = found.set {
        fact("begun", when(set.begun()));
    }
    let manifest = found.manifest();
    if let Some(manifest) = manifest {
        let signer = manifest.signed().signer();
        let manifest = manifest.manifest();
        fact("finished", when(manifest.finished));
        if let Some(label) = &manifest.label {
            fact("label", label.clone());
        }
        fact("consistency", manifest.consistency.as_str().to_owned());
        fact("opened by", openers(&manifest.openers));
        fact("signed by", signer.to_string());
        if !manifest.versions.is_empty() {
            let versions: Vec<_> = manifest.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
            fact("versions", versions.join(", "));
        }
        fact("verified", verified_word(outcome));
    }
    fact("size", Bytes(found.bytes).to_string());
    text.push_str(&facts.render());
    if let Some(manifest) = manifest {
        text.push('\n');
        text.push_str(&objects(marks, manifest.manifest()));
    }
    text
}

fn objects(marks: Marks, manifest: &Manifest) -> String {
    let mut table = Table::default();
    table.painted(heads(marks, ["COMPONENT", "STORED", "CONTENT", "HOLDS", "OBJECT"]));
    for (name, record) in &manifest.objects {
        let rows = record.rows.values().fold(0_u64, |sum, rows| sum.saturating_add(*rows));
        let holds = match (&record.files, record.keys) {
            (Some(files), _) => format!("{} entries", files.entries),
            (None, Some(keys)) => format!("{keys} keys"),
            (None, None) if !record.rows.is_empty() => format!("{rows} rows in {} tables", record.rows.len()),
            (None, None) => "-".to_owned(),
        };
        table.painted(vec![
            plain(name.component.to_string()),
            plain(Bytes(record.size).to_string()),
            plain(Bytes(record.plain_size).to_string()),
            plain(holds),
            plain(name.to_string()),
        ]);
    }
    let mut text = table.render();
    for (name, record) in &manifest.objects {
        for note in &record.notes {
            let _ = writeln!(text, "{} {}: {note}", marks.strong("note:"), name.component);
        }
    }
    text
}

/// What goes and what stays at a target, the newest first.
pub fn prune_table(ui: &Ui, target: &TargetName, decisions: &[Decision]) -> String {
    let marks = ui.out();
    let mut table = Table::default();
    table.painted(heads(marks, ["BACKUP", "TARGET", "SIZE", "", "WHY"]));
    for decision in decisions.iter().rev() {
        let (fate, why) = match &decision.fate {
            Fate::Keep(reasons) => (plain("stays"), reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
            Fate::Remove(reason) => (("goes".to_owned(), marks.bad("goes")), reason.to_string()),
        };
        table.painted(vec![
            plain(&*decision.found.name),
            plain(target.as_str()),
            plain(Bytes(decision.found.bytes).to_string()),
            fate,
            plain(why),
        ]);
    }
    table.render()
}
